/* teach.h - examples from mail that lies sorted in files */
#ifndef CN_TEACH_H
#define CN_TEACH_H

#include "ai/model.h"

/* 'spam=box.mbox': is this a label and where its mails are? */
bool cn_teach_operand(const char *, struct cn_str *label, const char **path);

/* Adds each mail of an mbox, a Maildir or a file with one mail under that
 * label; all that a mail shows is a feature (cn_mail_marks()).  What is no
 * mail is counted in *bad and passed over; a path that cannot be read and
 * a folder that is no Maildir are status 2. */
int cn_teach_mails(struct cn_train *, struct cn_str label, const char *path,
    size_t *bad, struct cn_err *) CN_CHECKED;

#endif
