/* person.h - persons and their identifiers
 *
 * A person is a set of identifiers, each with a leaf of its own; the address
 * is sealed under that leaf and found by a blind index, HMAC-SHA-256 of the
 * normalised form. */
#ifndef CN_PERSON_H
#define CN_PERSON_H

#include "store/store.h"

/* What a person has allowed, bits of person.may. */
enum cn_purpose {
	CN_MAY_CLASSIFY = 1, CN_MAY_SUGGEST = 2, CN_MAY_REPORT = 4,
	CN_MAY_ALL = 7
};

struct cn_ident {
	int64_t id, person, leaf;
	char pub[20];			/* of the person: p… */
	char state[12];			/* live, erasing */
	unsigned may;
};

/* The form under which an address is looked up, and its kind: 'email' (case
 * and width folded, domain in lower case), 'phone' (+ and digits), 'handle'
 * (the rest).  NULL where nothing is left. */
const char *cn_ident_normal(struct cn_arena *, const char *address,
    const char **kind);

/* 1 found, 0 not, -1. */
int cn_ident_find(struct cn_store *, const char *address, struct cn_ident *,
    struct cn_err *) CN_CHECKED;
/* The keyed hash that index and ledger hold; 1, or 0 for no address. */
int cn_ident_blind(struct cn_store *, const char *address,
    uint8_t out[CN_HASH], struct cn_err *) CN_CHECKED;
/* A new person with this one identifier; inside a transaction, after
 * cn_store_leaves() for its kind.  kind: 'customer' or 'agent'. */
int cn_ident_add(struct cn_store *, const char *kind, const char *address,
    const char *name, int64_t now, struct cn_ident *, struct cn_err *)
    CN_CHECKED;

/* By public id (p…) or by address: 1, 0, -1.  out is one identifier of the
 * person. */
int cn_person_find(struct cn_store *, const char *who, struct cn_ident *,
    struct cn_err *) CN_CHECKED;

struct cn_contact {
	int64_t id, leaf, created;
	const char *kind, *value, *name;
	uint8_t blind[CN_HASH];
};
/* All identifiers of a person, opened, in the arena. */
int cn_person_contacts(struct cn_store *, int64_t person, struct cn_arena *,
    struct cn_contact **, size_t *n, struct cn_err *) CN_CHECKED;

#endif
