/* labels.h - what a model is trained and measured on: files, or the store */
#ifndef CN_LABELS_H
#define CN_LABELS_H

#include "cli/open.h"
#include "desk/learn/trainer.h"

/* How a run trains: it can be stopped, and shows how far it is. */
struct cn_train_opts cn_labels_how(const struct cn_cli *);

/* Adds the examples of the operands (cn-model(1)): TSV, YAML, '-', or
 * CATEGORY=MAILS.  outside: the label of what belongs to no category, or NULL.
 * What is wrong in a file of lines or mails is told, and is status 3; not one
 * example: status 2. */
int cn_labels_files(struct cn_cli *, struct cn_train *, const char *outside,
    struct cn_err *) CN_CHECKED;
/* Notes that n labelled messages were left out for room; none: nothing. */
void cn_labels_left_out(const char *what, size_t n);

/* The store's labels, with our own sentences (starter) or without. */
struct cn_labels {
	struct cn_desk desk;
	struct cn_trainer t;
	struct cn_encoder *encoder;
	struct cn_buf starter;
};
/* Zero before; to be closed also where this has failed. */
int cn_labels_open(struct cn_labels *, struct cn_cli *, bool starter,
    struct cn_err *) CN_CHECKED;
void cn_labels_close(struct cn_labels *);

#endif
