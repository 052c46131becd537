#include "cli/share.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

const char *cn_share(struct cn_cli *cli, const char *variable,
    const char *name)
{
	const char *v = variable ? getenv(variable) : NULL;
	char exe[PATH_MAX];
	char *slash;
	ssize_t n;

	if (v != NULL && *v != '\0')
		return v;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	slash = strrchr(exe, '/');
	if (slash != NULL)
		*slash = '\0';
	return cn_arena_fmt(&cli->arena, "%s/../share/convonest/%s", exe,
	    name);
}

int cn_share_encoder(struct cn_cli *cli, struct cn_encoder **out,
    struct cn_err *err)
{
	const char *v = getenv("CN_ENCODER"), *path;
	struct cn_buf b = { 0 };

	*out = NULL;
	if (v != NULL && *v == '\0')
		return 0;
	path = cn_share(cli, "CN_ENCODER", "encoder.bin");
	if (v == NULL && !cn_file_exists(path))
		return 0;
	if (cn_file_read(path, CN_ENCODER_BYTES, &b, err) < 0) {
		err->status = CN_CONFIG;
		return cn_hint(err, "'make encoder' installs it; "
		    "an empty CN_ENCODER does without");
	}
	*out = cn_encoder_load(cn_buf_view(&b), err);
	cn_buf_release(&b);
	if (*out == NULL)
		return cn_wrap(err, "%s", path);
	return 0;
}

struct cn_model *cn_share_model(struct cn_cli *cli, const char *path,
    bool *named, struct cn_err *err)
{
	const char *v = getenv("CN_MODEL");
	struct cn_buf b = { 0 };
	struct cn_encoder *enc;
	struct cn_model *m;

	*named = path != NULL || (v != NULL && *v != '\0');
	if (path == NULL)
		path = cn_share(cli, "CN_MODEL", "starter.model");
	if (cn_file_read(path, CN_MODEL_BYTES, &b, err) < 0) {
		err->status = CN_CONFIG;
		(void)cn_hint(err, "'make' builds the starter model; "
		    "--model or CN_MODEL name another");
		return NULL;
	}
	m = cn_model_load(cn_buf_view(&b), err);
	if (m == NULL && cn_wrap(err, "%s", path) < 0)
		(void)cn_hint(err, "'cn-model train -o FILE' makes one, 'make' "
		    "the starter model");
	cn_buf_wipe(&b);
	if (m && cn_model_encoder(m)) {
		if (cn_share_encoder(cli, &enc, err) < 0) {
			cn_model_free(m);
			return NULL;
		}
		cn_model_use(m, enc);
	}
	return m;
}

int cn_share_macros(struct cn_cli *cli, const char *path, bool desk,
    struct cn_macros *out, struct cn_err *err)
{
	const char *own = cn_path(&cli->arena, cli->run.home, "macros.yaml");

	if (path == NULL)
		path = desk && cn_file_exists(own) ? own :
		    cn_share(cli, NULL, "macros.yaml");
	return cn_macros_load(out, path, err);
}
