/* defect.c - the names of defects, in the order of their bits */
#include "mime.h"

static const char *const names[] = {
	"header-too-long", "too-many-fields", "field-cut", "bad-header-line",
	"no-empty-line", "too-deep", "too-many-parts", "bad-boundary",
	"unclosed-multipart", "unknown-encoding", "bad-base64",
	"bad-quoted-printable", "unknown-charset", "bad-text", "nul",
	"bad-8bit-header", "bad-encoded-word", "bad-address",
	"too-many-addresses", "bad-date", "bad-from", "too-many-references",
	"bad-parameter", "text-cut",
};

const char *cn_mail_defect(unsigned defects, unsigned *bit)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((defects >> i & 1) && 1u << i > *bit) {
			*bit = 1u << i;
			return names[i];
		}
	return NULL;
}
