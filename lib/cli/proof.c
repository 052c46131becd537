#include "cli/proof.h"

#include "desk/subject/purge.h"

int cn_proof_pending(const char *done, const char *id, struct cn_err *err)
{
	cn_fail(err, CN_TEMPFAIL, "%s; proof pending: a reader holds old pages "
	    "of the store", done);
	return cn_hint(err, "when it has ended, or with a longer --wait: "
	    "'cn-purge --prove %s'", id ? id : "");
}

int cn_proof_put(struct cn_cli *cli, struct cn_store *s, const char *id,
    const char *done, struct cn_err *err)
{
	struct cn_proof proof;
	struct cn_buf b = { 0 };
	int r, status;

	if (cn_erase_prove(s, id, &proof, err) < 0)
		return -1;
	r = cn_certificate(s, id, &proof, &b, err);
	if (r == 0)
		r = cn_out_line(&cli->out, cn_buf_view(&b), err);
	cn_buf_release(&b);
	if (r < 0 || cn_sink_flush(&cli->out, err) < 0)
		return -1;
	status = cn_proof_status(&proof);
	if (status == CN_TEMPFAIL)
		return cn_proof_pending(done, id, err);
	return status == 0 ? 0 : cn_fail(err, status, "the proof has failed: "
	    "see the certificate");
}
