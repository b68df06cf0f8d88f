#include "result/import_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NAME = STORE_FOREIGN_PATH };

/* Part of our names, and what ResNets for CIFAR-10 have in its place elsewhere. */
static const char ours[] = ".downsample.", theirs[] = ".shortcut.";

/* ---- names ---- */

bool import_names_other(const char *layer, char other[NAME])
{
    const char *at = strstr(layer, ours);
    if (at)
        snprintf(other, NAME, "%.*s%s%s", (int)(at - layer), layer, theirs, at + strlen(ours));
    return at != NULL;
}

/* Among the tensors that have the prefix, or among the others; or -1. */
static int find_name(const struct import_names *names, const char *name, bool has_prefix)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->tensor[i].has_prefix == has_prefix && strcmp(names->tensor[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool same_shape(const struct store_foreign_entry *a, const struct store_foreign_entry *b)
{
    return a->axes == b->axes && a->axes >= 0 &&
           memcmp(a->length, b->length, (size_t)a->axes * sizeof *a->length) == 0;
}

/* "LAYER.member", or "LAYER.member_orig" that has a mask of its shape; or -1. */
static int find(const struct import_names *names, const char *layer, const char *member,
                bool has_prefix)
{
    char name[2 * NAME];
    snprintf(name, sizeof name, "%s.%s", layer, member);
    const int found = find_name(names, name, has_prefix);
    if (found >= 0)
        return found;
    snprintf(name, sizeof name, "%s.%s_orig", layer, member);
    const int original = find_name(names, name, has_prefix);
    return original >= 0 && names->tensor[original].mask >= 0 ? original : -1;
}

/* "/features.0/weight" of the file is "features.0.weight". */
static void name_tensor(struct import_tensor *tensor, const struct store_foreign_entry *entry)
{
    tensor->entry = entry;
    tensor->has_prefix = true;
    tensor->mask = -1;
    snprintf(tensor->name, sizeof tensor->name, "%s", entry->path + 1);
    for (char *c = tensor->name; *c; c++)
        *c = *c == '/' ? '.' : iscntrl((unsigned char)*c) ? '?' : *c; /* for the list */
}

static bool ends_with(const char *name, const char *end, size_t *length)
{
    const size_t n = strlen(name), m = strlen(end);
    *length = n > m ? n - m : 0;
    return n > m && strcmp(name + n - m, end) == 0;
}

bool import_names_is_parameter(const char *name)
{
    static const char *const ends[] = {".weight",      ".bias",        ".running_mean",
                                       ".running_var", ".weight_orig", ".bias_orig"};
    size_t length;
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++)
        if (ends_with(name, ends[e], &length))
            return true;
    return false;
}

/* Length of LAYER in "LAYER.weight" or "LAYER.weight_orig". */
static bool is_weight(const char *name, size_t *length)
{
    return ends_with(name, ".weight", length) || ends_with(name, ".weight_orig", length);
}

static void find_masks(struct import_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t length;
        char mask[NAME + 8];
        if (!ends_with(names->tensor[i].name, "_orig", &length))
            continue;
        snprintf(mask, sizeof mask, "%.*s_mask", (int)length, names->tensor[i].name);
        const int found = find_name(names, mask, true);
        if (found >= 0 && same_shape(names->tensor[i].entry, names->tensor[found].entry))
            names->tensor[i].mask = found;
    }
}

/* ---- prefix ---- */

static int match_by_name(const struct import_names *names, const char *layer)
{
    char other[NAME];
    const int found = find(names, layer, "weight", true);
    return found < 0 && import_names_other(layer, other) ? find(names, other, "weight", true)
                                                         : found;
}

/* How many of the network's layers have their name behind a prefix. */
static size_t count_behind(const struct import_names *names, const struct network *net,
                           const char *prefix)
{
    size_t count = 0;
    for (int i = 0; i < net->op_count; i++) {
        char layer[2 * NAME], other[NAME], behind[2 * NAME];
        if (net->op[i].weight < 0)
            continue;
        snprintf(layer, sizeof layer, "%s%s", prefix, net->op[i].name);
        bool found = find(names, layer, "weight", true) >= 0;
        if (!found && import_names_other(net->op[i].name, other)) {
            snprintf(behind, sizeof behind, "%s%s", prefix, other);
            found = find(names, behind, "weight", true) >= 0;
        }
        count += found;
    }
    return count;
}

/* Tries what stands in front of a layer's name in the name of a tensor. */
static void try_prefix(struct import_names *names, const struct network *net, const char *name,
                       const char *layer, size_t *most)
{
    size_t length, front;
    char prefix[NAME];
    if (!is_weight(name, &length))
        return;
    front = length - (strlen(layer) < length ? strlen(layer) : length);
    if (strncmp(name + front, layer, length - front) != 0 || strlen(layer) != length - front ||
        (front > 0 && name[front - 1] != '.'))
        return;
    snprintf(prefix, sizeof prefix, "%.*s", (int)front, name);
    if (*most > 0 &&
        (strcmp(prefix, names->prefix) == 0 || strcmp(prefix, names->other_prefix) == 0))
        return;
    const size_t count = count_behind(names, net, prefix);
    if (count < *most)
        return;
    if (count > *most)
        strcpy(names->prefix, prefix);
    else
        strcpy(names->other_prefix, prefix);
    names->is_twice = count == *most;
    *most = count;
}

/* The prefix behind which most layers are found goes from the names that have it. */
static void drop_prefix(struct import_names *names, const struct network *net)
{
    size_t most = 0, layers = 0;
    for (int i = 0; i < net->op_count; i++)
        layers += net->op[i].weight >= 0;
    for (size_t t = 0; t < names->count; t++)
        for (int i = 0; i < net->op_count; i++) {
            char other[NAME];
            if (net->op[i].weight < 0)
                continue;
            try_prefix(names, net, names->tensor[t].name, net->op[i].name, &most);
            if (import_names_other(net->op[i].name, other))
                try_prefix(names, net, names->tensor[t].name, other, &most);
        }
    names->is_twice = names->is_twice && 2 * most > layers;
    const size_t length = strlen(names->prefix);
    for (size_t t = 0; t < names->count; t++) {
        char *name = names->tensor[t].name;
        names->tensor[t].has_prefix = strncmp(name, names->prefix, length) == 0;
        if (names->tensor[t].has_prefix)
            memmove(name, name + length, strlen(name + length) + 1);
    }
}

/* ---- layers by order ---- */

/* Axes of the weight of a kind of layer: 4 of a convolution, 2 linear, 1 batch norm; 0: no layer. */
static int kind_of(const struct network *net, int op)
{
    return net->op[op].weight >= 0 ? net->params.tensor[net->op[op].weight].axes : 0;
}

/* Below, at or above 0 as the first number that differs; *alike when the names differ in numbers
 * only. */
static int compare_numbers(const char *a, const char *b, bool *alike)
{
    int order = 0;
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            char *after_a, *after_b;
            const unsigned long x = strtoul(a, &after_a, 10), y = strtoul(b, &after_b, 10);
            order = order ? order : (x > y) - (x < y);
            a = after_a;
            b = after_b;
        } else if (*a++ != *b++) {
            *alike = false;
            return order;
        }
    }
    *alike = *alike && *a == *b;
    return order;
}

static void sort(const struct import_names *names, int *tensor, size_t count, bool *alike)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0; j--) {
            const int a = tensor[j - 1], b = tensor[j];
            if (compare_numbers(names->tensor[a].name, names->tensor[b].name, alike) <= 0)
                break;
            tensor[j - 1] = b;
            tensor[j] = a;
        }
}

/* Gives the layers of a kind the file's weights of that kind in order, if that can be done. */
static void match_by_order(struct import_names *names, const struct network *net, int kind)
{
    int *tensor = MEM_NEW(int, names->count);
    size_t count = 0, layers = 0, length;
    bool alike = true;
    for (size_t i = 0; i < names->count; i++)
        if (names->tensor[i].entry->axes == kind && is_weight(names->tensor[i].name, &length))
            tensor[count++] = (int)i;
    for (int i = 0; i < net->op_count; i++)
        layers += kind_of(net, i) == kind;
    sort(names, tensor, count, &alike);
    for (int i = 0, next = 0; i < net->op_count && alike && count == layers; i++)
        if (kind_of(net, i) == kind)
            names->of_layer[i] = tensor[next++];
    mem_free(tensor);
}

static void match_layers(struct import_names *names, const struct network *net)
{
    for (int kind = 1; kind <= PARAMETERS_AXES; kind++) {
        bool all = true;
        for (int i = 0; i < net->op_count; i++)
            if (kind_of(net, i) == kind) {
                names->of_layer[i] = match_by_name(names, net->op[i].name);
                all = all && names->of_layer[i] >= 0;
            }
        names->by_order[kind] = !all;
        if (!all)
            match_by_order(names, net, kind);
    }
}

/* ---- parameters ---- */

const struct op *import_names_norm_behind(const struct network *net, const struct op *conv)
{
    const struct tensor *x = conv->out;
    for (const struct op *op = conv + 1; op < net->op + net->op_count; op++) {
        if (op->in != x)
            continue;
        if (op->class == &op_batch_norm)
            return op;
        if (!op->class->is_quantiser || op->relu)
            return NULL;
        x = op->out;
    }
    return NULL;
}

/* The tensor "LAYER.member" of the layer that was found for an operation, now used; or -1. */
static int use(struct import_names *names, int op, const char *member)
{
    char layer[NAME];
    size_t length;
    if (names->of_layer[op] < 0)
        return -1;
    const struct import_tensor *weight = &names->tensor[names->of_layer[op]];
    is_weight(weight->name, &length);
    snprintf(layer, sizeof layer, "%.*s", (int)length, weight->name);
    const int found = find(names, layer, member, weight->has_prefix);
    if (found >= 0)
        names->tensor[found].is_used = true;
    if (found >= 0 && names->tensor[found].mask >= 0)
        names->tensor[names->tensor[found].mask].is_used = true;
    return found;
}

static void match_parameters(struct import_names *names, const struct network *net)
{
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        const int own[] = {op->weight, op->bias, op->mean, op->variance};
        for (size_t p = 0; p < sizeof own / sizeof *own; p++)
            if (own[p] >= 0)
                names->of_parameter[own[p]] =
                    use(names, i, parameters_split_name(&net->params.tensor[own[p]]).member);
        names->folded[i] = -1;
        if (op_is_conv(op) && op->bias < 0 && import_names_norm_behind(net, op))
            names->folded[i] = use(names, i, "bias");
    }
}

void import_names_match(struct import_names *names, const struct network *net,
                        const struct store_foreign_entry *entry, size_t count)
{
    *names = (struct import_names){.count = count,
                                   .tensor = MEM_NEW(struct import_tensor, count),
                                   .of_parameter = MEM_NEW(int, net->params.count),
                                   .of_layer = MEM_NEW(int, net->op_count),
                                   .folded = MEM_NEW(int, net->op_count)};
    for (size_t i = 0; i < count; i++) {
        size_t length;
        name_tensor(&names->tensor[i], &entry[i]);
        names->tensor[i].is_used =
            ends_with(names->tensor[i].name, ".num_batches_tracked", &length);
    }
    find_masks(names);
    drop_prefix(names, net);
    match_layers(names, net);
    match_parameters(names, net);
}

void import_names_free(struct import_names *names)
{
    mem_free(names->tensor);
    mem_free(names->of_parameter);
    mem_free(names->of_layer);
    mem_free(names->folded);
    *names = (struct import_names){0};
}
