#include <string.h>
#include "inner.h"
bool cn_priority_parse(const char *s, enum cn_priority *p){*p=1;return s!=0;}
