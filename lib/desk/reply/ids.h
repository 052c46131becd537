/* ids.h - numbers that carry a check of their own
 *
 * Each takes digits and letters without anything between them; letters in any
 * case.  A number of the right form whose check fails is none. */
#ifndef CN_IDS_H
#define CN_IDS_H

#include <stdbool.h>
#include <stddef.h>

/* A payment card: the prefix and length of a network (ISO/IEC 7812), and Luhn's
 * check digit. */
bool cn_id_card(const char *digits, size_t n);
/* ISO 13616: the length of its country, and 1 modulo 97.  n is what there is at
 * least; the length that it has, or 0. */
size_t cn_id_iban(const char *s, size_t n);
/* UIDAI: 12 digits, the first 2 to 9, Verhoeff's check digit. */
bool cn_id_aadhaar(const char *digits, size_t n);
/* India's Permanent Account Number: AAAPA9999A, the fourth letter one of the
 * classes of holders. */
bool cn_id_pan(const char *s, size_t n);
/* India's GST number: state, PAN, entity, letter, check digit modulo 36. */
bool cn_id_gstin(const char *s, size_t n);

#endif
