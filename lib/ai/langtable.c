/* langtable.c - what langprofile.py made, as data */
#include "language.h"

#include "langprofile.inc"
