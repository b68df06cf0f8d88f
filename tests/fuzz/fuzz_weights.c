/* What reads weights of other programs: an HDF5 file with a dataset a tensor (store_foreign,
 * import_names, import_weights).
 *
 * Input: changes to a right file of a network of two layers, one after the other. Where only values
 * have changed, the file is accepted just when all are finite, and the network then has them, bit for
 * bit; whatever else is accepted has finite values only.
 */
#define _POSIX_C_SOURCE 200809L
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "fuzz_hdf5.h"
#include "nn/models.h"
#include "result/import_weights.h"

enum { INPUTS = 4, HIDDEN = 3, CLASSES = 2, TENSORS = 4, VALUES = INPUTS * HIDDEN, CHANGES = 6 };

static const struct right_tensor {
    const char *name;
    int axes;
    hsize_t length[2];
} tensors[TENSORS] = {
    {"fc1.weight", 2, {HIDDEN, INPUTS} },
    {"fc1.bias",   1, {HIDDEN}         },
    {"fc2.weight", 2, {CLASSES, HIDDEN}},
    {"fc2.bias",   1, {CLASSES}        }
};

static struct fuzz_file file;

/* What is in the file, as far as that is known. */
static float value[TENSORS][VALUES];
static bool only_values;

static size_t count_of(const struct right_tensor *tensor)
{
    return (size_t)(tensor->length[0] * (tensor->axes == 2 ? tensor->length[1] : 1));
}

/* ---- the file ---- */

static void put_values(hid_t to, int t)
{
    const struct right_tensor *tensor = &tensors[t];
    const hid_t space = H5Screate_simple(tensor->axes, tensor->length, NULL);
    const hid_t id = H5Dcreate2(to, tensor->name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT,
                                H5P_DEFAULT);
    fuzz_need(id >= 0 &&
                  H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value[t]) >= 0,
              "cannot write %s", tensor->name);
    H5Dclose(id);
    H5Sclose(space);
}

static int take_tensor(struct fuzz_bytes *bytes)
{
    return fuzz_take(bytes) % TENSORS;
}

/* Other values in a tensor: any bits. */
static void change_values(hid_t to, struct fuzz_bytes *bytes)
{
    const int t = take_tensor(bytes);
    if (H5Lexists(to, tensors[t].name, H5P_DEFAULT) <= 0 || !only_values)
        return;
    for (size_t i = 0; i < count_of(&tensors[t]); i++) {
        const uint32_t bits = (uint32_t)fuzz_take_number(bytes, i == 0 ? 4 : 1) * 0x01010101u;
        memcpy(&value[t][i], &bits, sizeof bits);
    }
    H5Ldelete(to, tensors[t].name, H5P_DEFAULT);
    put_values(to, t);
}

static void drop(hid_t to, struct fuzz_bytes *bytes)
{
    H5Ldelete(to, tensors[take_tensor(bytes)].name, H5P_DEFAULT);
    only_values = false;
}

/* A tensor under another name, perhaps in a group. */
static void move(hid_t to, struct fuzz_bytes *bytes)
{
    const hid_t list = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(list, 1);
    H5Lmove(to, tensors[take_tensor(bytes)].name, to, fuzz_take_word(bytes), list, H5P_DEFAULT);
    H5Pclose(list);
    only_values = false;
}

/* A group in front of all, as wrappers of networks put one. */
static void move_all(hid_t to, struct fuzz_bytes *bytes)
{
    static const char *const prefixes[] = {"module", "model", "_orig_mod", "net", "state_dict"};
    static const char *const middles[] = {".", "/", ".module.", "//"};
    const char *prefix = prefixes[fuzz_take(bytes) % 5], *middle = middles[fuzz_take(bytes) % 4];
    const hid_t list = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(list, 1);
    for (int t = 0; t < TENSORS; t++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s%s", prefix, middle, tensors[t].name);
        H5Lmove(to, tensors[t].name, to, name, list, H5P_DEFAULT);
    }
    H5Pclose(list);
    only_values = false;
}

/* Other elements, of another type, in another shape, in a tensor's place or beside them. */
static void put_other(hid_t to, struct fuzz_bytes *bytes)
{
    static const char *const suffixes[] = {"", "_mask", "_orig", ".running_mean"};
    char name[64];
    snprintf(name, sizeof name, "%s%s", tensors[take_tensor(bytes)].name,
             suffixes[fuzz_take(bytes) % 4]);
    const hid_t type = fuzz_take_type(bytes), space = fuzz_take_space(bytes);
    const hid_t storage = fuzz_take_storage(bytes, space);
    H5Ldelete(to, name, H5P_DEFAULT);
    const hid_t id = H5Dcreate2(to, name, type, space, H5P_DEFAULT, storage, H5P_DEFAULT);
    fuzz_take_data(bytes, type);
    if (id >= 0) {
        if (fuzz_direct_bytes(type, space) > 0)
            H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, fuzz_buffer);
        H5Dclose(id);
    }
    H5Pclose(storage);
    H5Sclose(space);
    H5Tclose(type);
    only_values = false;
}

static void put_link(hid_t to, struct fuzz_bytes *bytes)
{
    const uint8_t kind = fuzz_take(bytes);
    const char *name = tensors[take_tensor(bytes)].name, *other = tensors[take_tensor(bytes)].name;
    H5Ldelete(to, name, H5P_DEFAULT);
    if (kind % 4 == 0)
        H5Lcreate_soft(other, to, name, H5P_DEFAULT, H5P_DEFAULT);
    else if (kind % 4 == 1)
        H5Lcreate_hard(to, other, to, name, H5P_DEFAULT, H5P_DEFAULT);
    else if (kind % 4 == 2)
        H5Lcreate_hard(to, "/", to, name, H5P_DEFAULT, H5P_DEFAULT);
    else
        H5Lcreate_external("/nowhere", "/x", to, name, H5P_DEFAULT, H5P_DEFAULT);
    only_values = false;
}

static void make_file(struct fuzz_bytes *bytes)
{
    static void (*const changes[])(hid_t, struct fuzz_bytes *) = {
        change_values, drop, move, move_all, put_other, put_link};
    const hid_t to = H5Fcreate(file.path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    only_values = true;
    for (int t = 0; t < TENSORS; t++) {
        for (int i = 0; i < VALUES; i++)
            value[t][i] = (float)(t + i) / 8.0f;
        put_values(to, t);
    }
    for (int i = 0; i < CHANGES; i++) {
        const size_t change = fuzz_take(bytes) % (1 + sizeof changes / sizeof changes[0]);
        if (change == 0)
            break;
        changes[change - 1](to, bytes);
    }
    fuzz_need(H5Fclose(to) >= 0, "cannot close the weight file");
}

/* ---- reading ---- */

static bool all_finite(const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static void check_values(const struct network *net, bool is_accepted)
{
    bool finite = true;
    for (int t = 0; t < TENSORS; t++)
        finite = finite && all_finite(value[t], count_of(&tensors[t]));
    if (only_values)
        fuzz_need(is_accepted == finite, finite ? "a right file is refused" : "nan is accepted");
    if (!is_accepted)
        return;
    fuzz_need(all_finite(net->params.value, net->params.size), "values that are not finite");
    for (int t = 0; t < TENSORS && only_values; t++) {
        const struct parameter *tensor = &net->params.tensor[t];
        fuzz_need(strcmp(tensor->name, tensors[t].name) == 0, "another order of tensors");
        fuzz_need(memcmp(net->params.value + tensor->offset, value[t],
                         tensor->count * sizeof(float)) == 0,
                  "%s has other values", tensor->name);
    }
}

static void read_file(void)
{
    static const size_t hidden[] = {HIDDEN};
    const struct model_spec spec = {.model = "mlp",
                                    .hidden = hidden,
                                    .hidden_count = 1,
                                    .channels = 1,
                                    .height = 2,
                                    .width = INPUTS / 2,
                                    .classes = CLASSES,
                                    .capacity = 1};
    struct network net;
    struct error err;
    model_build(&net, &spec);
    parameters_initialise(&net.params, 1);
    fuzz_clear(&err);
    const bool is_accepted = import_weights_load(&net, file.path, &err);
    if (!is_accepted)
        fuzz_need_line(&err);
    check_values(&net, is_accepted);
    network_destroy(&net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, size};
    if (!*file.path) {
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
        fuzz_file_create_named(&file);
    }
    make_file(&bytes);
    read_file();
    fuzz_need_no_blocks();
    return 0;
}
