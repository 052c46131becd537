/* list.h - what reports, exports and the dashboard ask of the store
 *
 * Lists are read in one go or in pages; no statement stays open while a
 * caller prints. */
#ifndef CN_LIST_H
#define CN_LIST_H

#include "store/message.h"

/* A message that a person owns or is named on. */
struct cn_owned {
	int64_t id, date, conversation;
	const char *pub, *conversation_pub, *channel, *direction;
	const char *roles;		/* participants: 'to cc'; else NULL */
};
/* All messages that belong to a person: what they wrote and the answers to
 * it, in the order of date and id, in the arena. */
int cn_person_messages(struct cn_store *, int64_t person, struct cn_arena *,
    struct cn_owned **, size_t *n, struct cn_err *) CN_CHECKED;
/* Messages of others on which one of the person's identifiers is named. */
int cn_person_named(struct cn_store *, int64_t person, struct cn_arena *,
    struct cn_owned **, size_t *n, struct cn_err *) CN_CHECKED;

/* A message as its conversation goes on. */
struct cn_turn {
	int64_t id, conversation, date;
	int64_t from;			/* identifier of who wrote; 0: none */
	bool in, automatic, spam, mail;	/* mail: no chat */
	const char *category, *language; /* or NULL; borrowed for the call */
	struct cn_message_owner owner;	/* state and may */
};
/* All messages, conversation by conversation, each in the order of its dates,
 * in the same second a customer's before an answer; pages. */
int cn_turn_list(struct cn_store *,
    int (*row)(void *, const struct cn_turn *, struct cn_err *), void *,
    struct cn_err *) CN_CHECKED;
/* The time from which on there are no more than max answers of humans before
 * `until`; not before `since`. */
int cn_turn_since(struct cn_store *, int64_t since, int64_t until, int64_t max,
    int64_t *out, struct cn_err *) CN_CHECKED;

struct cn_run_info {
	int64_t id, start, end;		/* end: valid where ended */
	int64_t read, stored, refused;
	int status;
	bool ended;
	const char *command, *account;	/* account: or NULL */
};
/* Runs that began in [since, until), the newest first; pages. */
int cn_run_list(struct cn_store *, int64_t since, int64_t until,
    int (*row)(void *, const struct cn_run_info *, struct cn_err *), void *,
    struct cn_err *) CN_CHECKED;

struct cn_quarantined {
	int64_t id, received, size;
	const char *pub, *reason, *place;
};
/* What could not be taken in, the newest first, in [since, until); pages. */
int cn_quarantine_list(struct cn_store *, int64_t since, int64_t until,
    int (*row)(void *, const struct cn_quarantined *, struct cn_err *),
    void *, struct cn_err *) CN_CHECKED;

/* What waits.  Automatic mail and spam ask for nothing; times are 0 where
 * there is nothing. */
struct cn_waiting {
	int64_t messages;
	int64_t unclassified;
	int64_t abstained;		/* messages of open conversations */
	int64_t unanswered, oldest;	/* conversations; since when */
	int64_t requests, request;	/* of data subjects; the same */
	int64_t quarantined;
	int64_t erasures;		/* begun, not carried out */
	int64_t failed, killed;		/* last run of a command, if so */
	int64_t expiring;		/* accounts, within two weeks of `now` */
	int64_t unlearned;		/* labels that the model has not seen */
	int64_t missing;		/* mails that a server lists and did not
					 * send */
};
/* Runs before `since` are not looked at. */
int cn_store_waiting(struct cn_store *, int64_t since, int64_t now,
    struct cn_waiting *, struct cn_err *) CN_CHECKED;

#endif
