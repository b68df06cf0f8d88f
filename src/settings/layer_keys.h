/* Private to the files of layer_text: the kinds of layers, their keys, ranges and defaults. */
#ifndef RESLICE_SETTINGS_LAYER_KEYS_H
#define RESLICE_SETTINGS_LAYER_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/layers.h"

/* KEY_KERNEL: one integer, or [height, width]. */
enum key_type { KEY_INTEGER, KEY_BOOLEAN, KEY_NAME, KEY_SIDES, KEY_KERNEL, KEY_EPSILON };

/* `standard` of an integer: NEEDED, or the default; SAME_AS_SIZE is that of a pool's stride. */
enum { NEEDED = -1, SAME_AS_SIZE = -2, KEYS = 9 };

struct layer_key {
    const char *name;
    enum key_type type;
    size_t offset; /* in struct layer_spec */
    int low, high, standard;
    bool is_quiet; /* not printed where it is the default, as it never was */
};

/* `stem` is that of made names; NULL: the kind has none. */
struct layer_kind_keys {
    const char *name, *stem;
    const struct layer_key *key[KEYS + 1]; /* NULL ends them */
};

extern const struct layer_kind_keys layer_kinds[LAYER_KINDS];

/* The field of a layer that an integer key sets. Not collective. */
int *layer_integer(struct layer_spec *spec, const struct layer_key *key);

/* The field of a layer that a boolean key sets. Not collective. */
bool *layer_boolean(struct layer_spec *spec, const struct layer_key *key);

/* The field of a layer that a key of sides sets. Not collective. */
struct layer_sides *layer_sides_of(struct layer_spec *spec, const struct layer_key *key);

#endif
