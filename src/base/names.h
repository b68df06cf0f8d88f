/* Lists of names for messages: "a, b, c". */
#ifndef RESLICE_BASE_NAMES_H
#define RESLICE_BASE_NAMES_H

#include <stddef.h>

/* Appends ", name" (or "name" to an empty list) to `list` of `size` bytes; what does not fit is left
 * out. */
void names_append(char *list, size_t size, const char *name);

#endif
