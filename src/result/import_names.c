#include "result/import_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { NAME = STORE_FOREIGN_PATH };

/* Part of our names, and what ResNets for CIFAR-10 have in its place elsewhere. */
static const char ours[] = ".downsample.", theirs[] = ".shortcut.";

/* ---- names ---- */

/* The name of the same layer elsewhere; false when it has none. */
static bool other_name(const char *name, char other[NAME])
{
    const char *at = strstr(name, ours);
    if (at)
        snprintf(other, NAME, "%.*s%s%s", (int)(at - name), name, theirs, at + strlen(ours));
    return at != NULL;
}

static int find(const struct weights_names *names, const char *layer, const char *member)
{
    char name[2 * NAME];
    snprintf(name, sizeof name, "%s.%s", layer, member);
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->tensor[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* "/features.0/weight" of the file is "features.0.weight". */
static void name_tensor(struct weights_tensor *tensor, const struct store_foreign_entry *entry)
{
    static const char parallel[] = "module."; /* torch.nn.DataParallel */
    const char *name = entry->path + 1;
    if (strncmp(name, parallel, strlen(parallel)) == 0)
        name += strlen(parallel);
    tensor->entry = entry;
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    for (char *c = tensor->name; *c; c++)
        *c = *c == '/' ? '.' : iscntrl((unsigned char)*c) ? '?' : *c; /* for the list */
}

static bool ends_with(const char *name, const char *end, size_t *length)
{
    const size_t n = strlen(name), m = strlen(end);
    *length = n > m ? n - m : 0;
    return n > m && strcmp(name + n - m, end) == 0;
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

static void sort(const struct weights_names *names, int *tensor, size_t count, bool *alike)
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
static void match_by_order(struct weights_names *names, const struct network *net, int kind)
{
    int *tensor = MEM_NEW(int, names->count);
    size_t count = 0, layers = 0, length;
    bool alike = true;
    for (size_t i = 0; i < names->count; i++)
        if (names->tensor[i].entry->axes == kind &&
            ends_with(names->tensor[i].name, ".weight", &length))
            tensor[count++] = (int)i;
    for (int i = 0; i < net->op_count; i++)
        layers += kind_of(net, i) == kind;
    sort(names, tensor, count, &alike);
    for (int i = 0, next = 0; i < net->op_count && alike && count == layers; i++)
        if (kind_of(net, i) == kind)
            names->of_layer[i] = tensor[next++];
    mem_free(tensor);
}

static int match_by_name(const struct weights_names *names, const char *layer)
{
    char other[NAME];
    const int found = find(names, layer, "weight");
    return found < 0 && other_name(layer, other) ? find(names, other, "weight") : found;
}

static void match_layers(struct weights_names *names, const struct network *net)
{
    for (int kind = 1; kind <= PARAMETERS_AXES; kind++) {
        bool all = true;
        for (int i = 0; i < net->op_count; i++)
            if (kind_of(net, i) == kind) {
                names->of_layer[i] = match_by_name(names, net->op[i].name);
                all = all && names->of_layer[i] >= 0;
            }
        if (!all)
            match_by_order(names, net, kind);
    }
}

/* ---- parameters ---- */

const struct op *weights_norm_behind(const struct network *net, const struct op *conv)
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
static int use(struct weights_names *names, int op, const char *member)
{
    char layer[NAME];
    size_t length;
    if (names->of_layer[op] < 0)
        return -1;
    const char *weight = names->tensor[names->of_layer[op]].name;
    ends_with(weight, ".weight", &length);
    snprintf(layer, sizeof layer, "%.*s", (int)length, weight);
    const int found = find(names, layer, member);
    if (found >= 0)
        names->tensor[found].is_used = true;
    return found;
}

static void match_parameters(struct weights_names *names, const struct network *net)
{
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        const int own[] = {op->weight, op->bias, op->mean, op->variance};
        for (size_t p = 0; p < sizeof own / sizeof *own; p++)
            if (own[p] >= 0)
                names->of_parameter[own[p]] =
                    use(names, i, parameters_split_name(&net->params.tensor[own[p]]).member);
        names->folded[i] = -1;
        if (op->class == &op_conv && op->bias < 0 && weights_norm_behind(net, op))
            names->folded[i] = use(names, i, "bias");
    }
}

void weights_names_match(struct weights_names *names, const struct network *net,
                         const struct store_foreign_entry *entry, size_t count)
{
    *names = (struct weights_names){.count = count,
                                    .tensor = MEM_NEW(struct weights_tensor, count),
                                    .of_parameter = MEM_NEW(int, net->params.count),
                                    .of_layer = MEM_NEW(int, net->op_count),
                                    .folded = MEM_NEW(int, net->op_count)};
    for (size_t i = 0; i < count; i++) {
        size_t length;
        name_tensor(&names->tensor[i], &entry[i]);
        names->tensor[i].is_used =
            ends_with(names->tensor[i].name, ".num_batches_tracked", &length);
    }
    match_layers(names, net);
    match_parameters(names, net);
}

void weights_names_free(struct weights_names *names)
{
    mem_free(names->tensor);
    mem_free(names->of_parameter);
    mem_free(names->of_layer);
    mem_free(names->folded);
    *names = (struct weights_names){0};
}

/* ---- check ---- */

bool weights_is_zero_bias(const struct weights_names *names, const struct network *net,
                          int parameter)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].bias == parameter)
            return names->of_parameter[parameter] < 0 && names->of_layer[i] >= 0 &&
                   net->op[i].class != &op_batch_norm;
    return false;
}

static const char *shape_text(int axes, const size_t *length, char text[96])
{
    strcpy(text, axes < 0 ? "(no numbers)" : "[");
    if (axes < 0)
        return text;
    for (int a = 0; a < axes; a++) {
        const size_t used = strlen(text);
        snprintf(text + used, 96 - used, "%s%zu", a ? ", " : "", length[a]);
    }
    return strcat(text, "]");
}

static bool fits(const struct parameter *tensor, const struct store_foreign_entry *entry)
{
    bool same = tensor->axes == entry->axes;
    for (int a = 0; a < tensor->axes && same; a++)
        same = tensor->shape[a] == entry->length[a];
    return same;
}

/* One line about a parameter; true when it has what it needs. */
static bool list_parameter(const struct weights_names *names, const struct network *net, int p)
{
    const struct parameter *tensor = &net->params.tensor[p];
    const int found = names->of_parameter[p];
    char expected[96], there[96];
    shape_text(tensor->axes, tensor->shape, expected);
    if (found < 0) {
        const bool is_zero = weights_is_zero_bias(names, net, p);
        log_info("  %s %-28s %-18s %s", is_zero ? " " : "!", tensor->name, expected,
                 is_zero ? "not in the file: 0" : "not in the file");
        return is_zero;
    }
    const struct store_foreign_entry *entry = names->tensor[found].entry;
    const bool fine = fits(tensor, entry);
    log_info("  %s %-28s %-18s %s %s", fine ? " " : "!", tensor->name, expected,
             names->tensor[found].name, shape_text(entry->axes, entry->length, there));
    return fine;
}

/* A bias that goes into the batch norm behind it has one value a channel. */
static bool folded_fits(const struct weights_names *names, const struct network *net, int op)
{
    const struct store_foreign_entry *entry = names->tensor[names->folded[op]].entry;
    return entry->axes == 1 && entry->length[0] == (size_t)net->op[op].out->channels;
}

static size_t count_misfits(const struct weights_names *names, const struct network *net)
{
    size_t misfits = 0;
    for (int p = 0; p < net->params.count; p++) {
        const int found = names->of_parameter[p];
        misfits += found < 0 ? !weights_is_zero_bias(names, net, p)
                             : !fits(&net->params.tensor[p], names->tensor[found].entry);
    }
    for (int i = 0; i < net->op_count; i++)
        misfits += names->folded[i] >= 0 && !folded_fits(names, net, i);
    for (size_t i = 0; i < names->count; i++)
        misfits += !names->tensor[i].is_used;
    return misfits;
}

bool weights_names_check(const struct weights_names *names, const struct network *net,
                         const char *path, struct error *err)
{
    const size_t misfits = count_misfits(names, net);
    char first[NAME + 32] = "", shape[96];
    if (misfits == 0)
        return true;
    log_info("%s: what the network expects, and what was found (! does not fit):", path);
    for (int p = 0; p < net->params.count; p++)
        if (!list_parameter(names, net, p) && !*first)
            snprintf(first, sizeof first, "'%s'", net->params.tensor[p].name);
    for (size_t i = 0; i < names->count; i++) {
        const struct weights_tensor *tensor = &names->tensor[i];
        bool is_folded = false;
        for (int o = 0; o < net->op_count; o++)
            is_folded = is_folded || (names->folded[o] == (int)i && !folded_fits(names, net, o));
        if (tensor->is_used && !is_folded)
            continue;
        log_info("  ! %-28s %-18s %s %s", is_folded ? "(a bias before batch norm)" : "(nothing)",
                 "", tensor->name, shape_text(tensor->entry->axes, tensor->entry->length, shape));
        if (!*first)
            snprintf(first, sizeof first, "'%s'", tensor->name);
    }
    return error_set(err,
                     "%s: %zu tensor%s not fit the network, first %s; expected and found are "
                     "listed above (reslice import --names lists what is expected)",
                     path, misfits, misfits == 1 ? " does" : "s do", first);
}

void weights_names_print(const struct network *net)
{
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        const int own[] = {op->weight, op->bias, op->mean, op->variance};
        char shape[96], other[NAME];
        for (size_t p = 0; p < sizeof own / sizeof *own; p++)
            if (own[p] >= 0)
                log_info("%-36s %s", net->params.tensor[own[p]].name,
                         shape_text(net->params.tensor[own[p]].axes,
                                    net->params.tensor[own[p]].shape, shape));
        if (op->weight >= 0 && other_name(op->name, other))
            log_info("    or %s", other);
    }
    log_info(
        "\nThese are the names of a PyTorch state_dict, as datasets or as groups (fc1.weight or\n"
        "fc1/weight); 'module.' in front and num_batches_tracked are ignored. When not all layers\n"
        "of a kind (convolution, linear, batch norm) are found by name, they are taken in order if\n"
        "the file has as many and their names differ in numbers only: features.0, features.3, …\n"
        "Linear layers and convolutions without a bias have 0. A bias in front of batch norm,\n"
        "where the network has none, goes into its running_mean.");
}
