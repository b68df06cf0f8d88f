/* Values of options from the nodes of a YAML document. */
#ifndef RESLICE_SETTINGS_NODE_VALUE_H
#define RESLICE_SETTINGS_NODE_VALUE_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/document.h"
#include "settings/option_value.h"

struct node_reader {
    const struct document *document; /* not owned */
    struct settings_lists *lists;    /* take what values point to; not owned */
    struct error *err;
    const yaml_node_t *layers_node;  /* the list of layers that was read last, or NULL … */
    const struct layer_list *layers; /* … and what it says: aliases share it */
};

/* The value that a node gives an option. False with a located message. Not collective. */
bool node_value_read(struct node_reader *reader, const yaml_node_t *node,
                     const struct option_entry *entry, union option_value *value);

#endif
