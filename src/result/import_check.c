#include "result/import_check.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"

/* A linear or convolution layer whose bias the file does not have: it is 0. */
static bool is_zero_bias(const struct import_names *names, const struct network *net, int parameter)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].bias == parameter)
            return names->of_parameter[parameter] < 0 && names->of_layer[i] >= 0 &&
                   net->op[i].class != &op_batch_norm;
    return false;
}

/* "[16, 3, 3, 3]". */
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

/* "[16, 3, 3, 3]", and the type when it is not floating point. */
static const char *entry_text(const struct store_foreign_entry *entry, char text[128])
{
    shape_text(entry->axes, entry->length, text);
    if (entry->axes >= 0 && !entry->is_float)
        strcat(strcat(text, " "), entry->type);
    return text;
}

/* Of a layer that the network does not have. What stands outside the prefix is another module's (the
 * weights of a loss), unless it could be a layer of a kind that was not found by name. */
static bool is_left_over(const struct import_names *names, const struct import_tensor *tensor)
{
    const int axes = tensor->entry->axes;
    if (tensor->is_used || !import_names_is_parameter(tensor->name))
        return false;
    return tensor->has_prefix || (axes > 1 && axes <= PARAMETERS_AXES && names->by_order[axes]);
}

static bool fits(const struct parameter *tensor, const struct store_foreign_entry *entry)
{
    bool same = tensor->axes == entry->axes;
    for (int a = 0; a < tensor->axes && same; a++)
        same = tensor->shape[a] == entry->length[a];
    return same;
}

/* One line about a parameter; true when it has what it needs. */
static bool list_parameter(const struct import_names *names, const struct network *net, int p)
{
    const struct parameter *tensor = &net->params.tensor[p];
    const int found = names->of_parameter[p];
    char expected[96], there[128];
    shape_text(tensor->axes, tensor->shape, expected);
    if (found < 0) {
        const bool is_zero = is_zero_bias(names, net, p);
        log_info("  %s %-28s %-18s %s", is_zero ? " " : "!", tensor->name, expected,
                 is_zero ? "not in the file: 0" : "not in the file");
        return is_zero;
    }
    const struct store_foreign_entry *entry = names->tensor[found].entry;
    const bool fine = fits(tensor, entry);
    log_info("  %s %-28s %-18s %s %s", fine ? " " : "!", tensor->name, expected,
             names->tensor[found].name, entry_text(entry, there));
    return fine;
}

/* A bias that goes into the batch norm behind it has one value a channel. */
static bool folded_fits(const struct import_names *names, const struct network *net, int op)
{
    const struct store_foreign_entry *entry = names->tensor[names->folded[op]].entry;
    return entry->axes == 1 && entry->length[0] == (size_t)net->op[op].out->channels;
}

static size_t count_misfits(const struct import_names *names, const struct network *net)
{
    size_t misfits = 0;
    for (int p = 0; p < net->params.count; p++) {
        const int found = names->of_parameter[p];
        misfits += found < 0 ? !is_zero_bias(names, net, p)
                             : !fits(&net->params.tensor[p], names->tensor[found].entry);
    }
    for (int i = 0; i < net->op_count; i++)
        misfits += names->folded[i] >= 0 && !folded_fits(names, net, i);
    for (size_t i = 0; i < names->count; i++)
        misfits += is_left_over(names, &names->tensor[i]);
    return misfits;
}

/* The list; `first` is what does not fit first. */
static void list_misfits(const struct import_names *names, const struct network *net,
                         char first[STORE_FOREIGN_PATH + 32])
{
    char shape[128];
    *first = '\0';
    for (int p = 0; p < net->params.count; p++)
        if (!list_parameter(names, net, p) && !*first)
            snprintf(first, STORE_FOREIGN_PATH + 32, "'%s'", net->params.tensor[p].name);
    for (size_t i = 0; i < names->count; i++) {
        const struct import_tensor *tensor = &names->tensor[i];
        bool is_folded = false;
        for (int o = 0; o < net->op_count; o++)
            is_folded = is_folded || (names->folded[o] == (int)i && !folded_fits(names, net, o));
        if (!is_left_over(names, tensor) && !is_folded)
            continue;
        log_info("  ! %-28s %-18s %s %s", is_folded ? "(a bias before batch norm)" : "(nothing)",
                 "", tensor->name, entry_text(tensor->entry, shape));
        if (!*first)
            snprintf(first, STORE_FOREIGN_PATH + 32, "'%s'", tensor->name);
    }
}

/* Integers are codes of some quantisation: without its step and zero they are no weights. */
static bool check_types(const struct import_names *names, const char *path, struct error *err)
{
    const struct import_tensor *wrong = NULL;
    for (size_t i = 0; i < names->count && !wrong; i++)
        if (names->tensor[i].is_used && import_names_is_parameter(names->tensor[i].name) &&
            !names->tensor[i].entry->is_float)
            wrong = &names->tensor[i];
    return !wrong ||
           error_set(err,
                     "%s: '%s' is %s; allowed: floating point of 16, 32 or 64 bits. Codes "
                     "of a quantised model must be turned into values first "
                     "(tensor.dequantize(), or code times step)",
                     path, wrong->name, wrong->entry->type);
}

static void say_ignored(const struct import_names *names, const char *path)
{
    enum { SHOWN = 3 };
    char list[3 * STORE_FOREIGN_PATH + 16] = "";
    size_t ignored = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct import_tensor *tensor = &names->tensor[i];
        if (!tensor->is_used && ignored++ < SHOWN)
            names_append(list, sizeof list, tensor->name);
    }
    if (ignored > 0)
        log_info("%s: ignored, since no parameter of the network: %s%s (%zu in all)", path, list,
                 ignored > SHOWN ? ", …" : "", ignored);
}

bool import_check(const struct import_names *names, const struct network *net, const char *path,
                  struct error *err)
{
    const size_t misfits = count_misfits(names, net);
    char first[STORE_FOREIGN_PATH + 32];
    if (names->is_twice)
        return error_set(err,
                         "%s: has every layer twice, behind '%.200s' and behind '%.200s'; allowed: "
                         "one of them",
                         path, names->prefix, names->other_prefix);
    if (misfits == 0 && !check_types(names, path, err))
        return false;
    if (misfits == 0) {
        say_ignored(names, path);
        return true;
    }
    log_info("%s: what the network expects, and what was found (! does not fit):", path);
    list_misfits(names, net, first);
    return error_set(err,
                     "%s: %zu tensor%s not fit the network, first %s; expected and found are "
                     "listed above (reslice import --names lists what is expected)",
                     path, misfits, misfits == 1 ? " does" : "s do", first);
}

void import_check_print_expected(const struct network *net)
{
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        const int own[] = {op->weight, op->bias, op->mean, op->variance};
        char shape[96], other[STORE_FOREIGN_PATH];
        for (size_t p = 0; p < sizeof own / sizeof *own; p++)
            if (own[p] >= 0)
                log_info("%-36s %s", net->params.tensor[own[p]].name,
                         shape_text(net->params.tensor[own[p]].axes,
                                    net->params.tensor[own[p]].shape, shape));
        if (op->weight >= 0 && import_names_other(op->name, other))
            log_info("    or %s", other);
    }
    log_info(
        "\nThese are the names of a PyTorch state_dict, as datasets or as groups (fc1.weight or\n"
        "fc1/weight), behind any prefix that all layers have ('module.', '_orig_mod.'). When not\n"
        "all layers of a kind (convolution, linear, batch norm) are found by name, they are taken\n"
        "in order if the file has as many and their names differ in numbers only: features.0,\n"
        "features.3, … weight_orig times weight_mask is a weight. What is no parameter of a layer\n"
        "(num_batches_tracked, total_ops, an optimiser's state) is ignored. Linear layers and\n"
        " convolutions without a bias have 0. A bias in front of batch norm, where the network\n"
        "has none, goes into its running_mean.");
}
