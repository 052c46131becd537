/* cover.h - what a bundle says about itself: README.txt, manifest.json, the
 * end of the page; part of export.c */
#ifndef CN_COVER_H
#define CN_COVER_H

#include "desk/subject/export.h"

#define CN_BUNDLE_SCHEMA "convonest-bundle-1"

/* Writes and closes the page, adds the two, seals the bundle. */
int cn_cover(const struct cn_export *, struct cn_bundle *,
    const struct cn_export_counts *, struct cn_bundle_file *page,
    struct cn_err *) CN_CHECKED;

#endif
