#include "result/import_formats.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum { HEAD = 512 };

/* The first bytes of a file, and its name. */
struct head {
    const char *path;
    size_t length;
    unsigned char byte[HEAD + 1]; /* 0 behind them */
};

struct format {
    const char *name;
    bool (*is)(const struct head *head);
    const char *imports,
        *state;        /* Python; `state` makes the dictionary of tensors, FILE is the path */
    const char *array; /* of `tensor`, as numpy */
};

static bool starts_with(const struct head *head, const char *bytes, size_t count)
{
    return head->length >= count && memcmp(head->byte, bytes, count) == 0;
}

static bool has_ending(const struct head *head, const char *ending)
{
    const size_t n = strlen(head->path), m = strlen(ending);
    return n > m && strcmp(head->path + n - m, ending) == 0;
}

/* Whether the bytes of `word` are anywhere in the head. */
static bool contains(const struct head *head, const char *word)
{
    const size_t n = strlen(word);
    for (size_t i = 0; i + n <= head->length; i++)
        if (memcmp(head->byte + i, word, n) == 0)
            return true;
    return false;
}

static bool is_zip(const struct head *head)
{
    return starts_with(head, "PK\3\4", 4);
}

static bool is_torch(const struct head *head)
{
    return is_zip(head) && (contains(head, "/data.pkl") || contains(head, "/.format_version") ||
                            contains(head, "/byteorder") || has_ending(head, ".pt") ||
                            has_ending(head, ".pth") || has_ending(head, ".ckpt"));
}

static bool is_npz(const struct head *head)
{
    return is_zip(head) && (contains(head, ".npy") || has_ending(head, ".npz"));
}

static bool is_npy(const struct head *head)
{
    return starts_with(head, "\x93NUMPY", 6);
}

/* torch.save wrote this before its version 1.6. */
static bool is_pickle(const struct head *head)
{
    return head->length > 2 && head->byte[0] == 0x80 && head->byte[1] >= 2 && head->byte[1] <= 5;
}

/* The length of a JSON header in 8 bytes, least first, then the header. */
static bool is_safetensors(const struct head *head)
{
    uint64_t length = 0;
    for (int b = 7; b >= 0; b--)
        length = length << 8 | head->byte[b];
    return head->length > 10 && head->byte[8] == '{' && length >= 2 && length < UINT64_C(1) << 40;
}

/* A protocol buffer: field 1, the version, is a small integer; field 2 the producer. */
static bool is_onnx(const struct head *head)
{
    return head->length > 4 && head->byte[0] == 0x08 && head->byte[1] < 0x20 &&
           (has_ending(head, ".onnx") || contains(head, "pytorch") || contains(head, "onnx"));
}

static const struct format formats[] = {
    {"a PyTorch checkpoint",                                 is_torch,       "import h5py, torch",
     "state = torch.load(\"FILE\", map_location=\"cpu\")   # or [\"state_dict\"], [\"model\"] of it",
     "tensor.detach().cpu().numpy()"                                                                           },
    {"NumPy's archive of arrays (.npz)",                     is_npz,         "import h5py, numpy",
     "state = dict(numpy.load(\"FILE\"))",                                                             "tensor"},
    {"one array of NumPy's (.npy), not a network's",         is_npy,         "import h5py, numpy",
     "state = {\"fc1.weight\": numpy.load(\"FILE\")}   # and the other tensors",                       "tensor"},
    {"a Python pickle, as PyTorch wrote before version 1.6", is_pickle,      "import h5py, torch",
     "state = torch.load(\"FILE\", map_location=\"cpu\")   # or [\"state_dict\"], [\"model\"] of it",
     "tensor.detach().cpu().numpy()"                                                                           },
    {"a safetensors file",                                   is_safetensors, "import h5py, safetensors.numpy",
     "state = safetensors.numpy.load_file(\"FILE\")",                                                  "tensor"},
    {"an ONNX model",                                        is_onnx,        "import h5py, onnx, onnx.numpy_helper",
     "state = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(\"FILE\").graph.initializer}",
     "tensor"                                                                                                  },
};

static bool read_head(const char *path, struct head *head)
{
    FILE *file = fopen(path, "rb");
    *head = (struct head){.path = path};
    if (!file)
        return false;
    head->length = fread(head->byte, 1, HEAD, file);
    fclose(file);
    return head->length > 0;
}

static void print_recipe(const struct format *format, const char *path)
{
    const char *place = strstr(format->state, "FILE");
    log_info("%s is %s. This makes weights.h5 of it, for reslice import:\n", path, format->name);
    log_info("    %s\n", format->imports);
    log_info("    %.*s%s%s", (int)(place - format->state), format->state, path,
             place + strlen("FILE"));
    log_info("    with h5py.File(\"weights.h5\", \"w\") as file:\n"
             "        for name, tensor in state.items():\n"
             "            file[name] = %s\n",
             format->array);
}

void import_formats_explain(const char *path, struct error *err)
{
    struct head head;
    if (!read_head(path, &head))
        return;
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        if (formats[f].is(&head)) {
            print_recipe(&formats[f], path);
            error_set(err, "%s: %s, not an HDF5 file; how to make one of it is shown above", path,
                      formats[f].name);
            return;
        }
}
