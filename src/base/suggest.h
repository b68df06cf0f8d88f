/* "did you mean": what a mistyped name probably was. */
#ifndef RESLICE_BASE_SUGGEST_H
#define RESLICE_BASE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The name nearest to `word` by edit distance, when near enough to be a slip; else NULL. A name
 * whose last component is the word's ("penalty.alpha" for "training.alpha") is near as well. */
const char *suggest_nearest(const char *word, const char *const *names, size_t count);

/* Always false, with the message for a key of a mapping that is none of `names` (NULL ends them).
 * `where` is "in a run". */
bool suggest_key(const char *key, const char *where, const char *const *names, struct error *err);

#endif
