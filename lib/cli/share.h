/* share.h - files that are installed beside the commands */
#ifndef CN_SHARE_H
#define CN_SHARE_H

#include "ai/encoder.h"
#include "ai/model.h"
#include "cli/run.h"
#include "desk/reply/macros.h"

/* The path of a file that the toolkit brings along: what the environment
 * variable names (NULL: none), else ../share/convonest/NAME as seen from the
 * folder of this program, so that a copy that was not installed finds its
 * own. */
const char *cn_share(struct cn_cli *, const char *variable, const char *name);
/* The sentence encoder: what CN_ENCODER names, else the installed one.  *out
 * is NULL where none is installed, or CN_ENCODER is empty.  Status 78 where the
 * file that it names cannot be read or is none, 5 where one is damaged. */
int cn_share_encoder(struct cn_cli *, struct cn_encoder **out,
    struct cn_err *) CN_CHECKED;

/* The model of a file (NULL: that of CN_MODEL, else the starter's); *named
 * says whether anybody named one.  Not there: status 78 with a hint.  It uses
 * the encoder, where it was trained with it and that is there. */
struct cn_model *cn_share_model(struct cn_cli *, const char *path,
    bool *named, struct cn_err *) CN_CHECKED;

/* The macros of a file (NULL: those of the desk, where it has any and they may
 * be looked at, else ours).  Errors as in macros.h. */
int cn_share_macros(struct cn_cli *, const char *path, bool desk,
    struct cn_macros *, struct cn_err *) CN_CHECKED;

#endif
