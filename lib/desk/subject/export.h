/* export.h - the copy of a person's data (GDPR Art. 15 and 20)
 *
 * Files of a bundle:
 *   README.txt      what is in it, for the person
 *   index.html      the conversations to read; self-contained, no script
 *   messages.mbox   mails that belong to the person, as they came (mboxrd)
 *   messages.jsonl  all their messages as lines (cn-message(5))
 *   chat.jsonl      chat messages as they came; where there are any
 *   contacts.json   addresses, phone numbers, handles; permissions
 *   named.csv       others' messages on which the person is named: date and
 *                   id, not content, which is also of others (Art. 15(4))
 *   ratings.csv     how content they said they were; where there are any
 *   events.csv      what was recorded about their messages, and when
 *   audit.jsonl     what was done with the data, from the audit log: time,
 *                   command, purpose; not which employee did it (CJEU
 *                   C-579/21, Pankki S, 22 June 2023)
 *   manifest.json   facts of Art. 15(1), counts, SHA-256 of every file above
 *   SHA256SUMS      of all of them
 * For portability (Art. 20: what the person provided) what the software
 * derived is left out: class and replies on the lines, their events, audit. */
#ifndef CN_EXPORT_H
#define CN_EXPORT_H

#include "desk/config.h"
#include "desk/subject/bundle.h"
#include "store/person.h"

enum cn_export_purpose { CN_EXPORT_ACCESS, CN_EXPORT_PORTABILITY };
extern const char *const cn_export_words[];	/* NULL-ended */

struct cn_export {
	struct cn_store *store;
	const struct cn_config *config;
	enum cn_export_purpose purpose;
	int64_t now;
	struct cn_ident who;		/* any identifier of the person */
};

struct cn_export_counts {
	int64_t messages, conversations, named, contacts, ratings, events, audit;
};

/* The person behind an identifier: status 4 where there is none, or where
 * the person is being erased. */
int cn_export_find(struct cn_export *, const char *identifier,
    struct cn_err *) CN_CHECKED;
/* Fills and seals the bundle. */
int cn_export_gather(const struct cn_export *, struct cn_bundle *,
    struct cn_export_counts *, struct cn_err *) CN_CHECKED;
/* The audit entry about this person: 'export begun', 'export handed over',
 * 'export failed'. */
int cn_export_audit(const struct cn_export *, const char *what, int64_t count,
    struct cn_err *) CN_CHECKED;

#endif
