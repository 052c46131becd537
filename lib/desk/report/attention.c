#include "desk/report/attention.h"

#include "store/list.h"

#define RUNS (7 * 86400)	/* a failure that is older is no news */

struct list {
	struct cn_attention *v;
	size_t n;
};

static void add(struct list *l, int64_t count, const char *one,
    const char *many, int64_t age, const char *next)
{
	if (count > 0)
		l->v[l->n++] = (struct cn_attention){ count,
		    count == 1 ? one : many, age, next };
}

static int64_t age(int64_t now, int64_t then)
{
	return now > then ? now - then : 0;
}

int cn_attention(struct cn_store *s, int64_t now,
    struct cn_attention out[CN_ATTENTION_MAX], size_t *n, int64_t *messages,
    struct cn_err *err)
{
	struct list l = { out, 0 };
	struct cn_waiting w;

	if (cn_store_waiting(s, now - RUNS, now, &w, err) < 0)
		return -1;
	add(&l, w.erasures, "erasure was cut off", "erasures were cut off", -1,
	    "cn-purge --resume");
	add(&l, w.requests, "person exercises a right, unanswered",
	    "persons exercise a right, unanswered", age(now, w.request),
	    "cn-query is:dsr is:unanswered is:open");
	add(&l, w.failed, "command failed the last time",
	    "commands failed the last time", -1, "cn-report runs");
	add(&l, w.expiring, "account needs somebody to sign in again",
	    "accounts need somebody to sign in again", -1,
	    "cn-account expiry");
	add(&l, w.missing, "mail was listed by its server and not sent",
	    "mails were listed by their server and not sent", -1, "cn-fetch");
	add(&l, w.killed, "command has no end: killed, or still at it",
	    "commands have no end: killed, or still at it", -1,
	    "cn-report runs");
	add(&l, w.unanswered, "conversation waits for an answer",
	    "conversations wait for an answer", age(now, w.oldest),
	    "cn-query 'is:unanswered is:open -is:automatic'");
	add(&l, w.unclassified, "message is not classified",
	    "messages are not classified", -1, "cn-classify --pending");
	add(&l, w.abstained, "message has no clear category",
	    "messages have no clear category", -1,
	    "cn-query is:abstained is:open");
	add(&l, w.unlearned, "label waits to be learned",
	    "labels wait to be learned", -1, "cn-model train --from-store");
	add(&l, w.quarantined, "item could not be taken in",
	    "items could not be taken in", -1, "cn-report quarantine");
	*n = l.n;
	*messages = w.messages;
	return 0;
}
