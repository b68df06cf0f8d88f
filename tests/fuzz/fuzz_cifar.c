/* The CIFAR reader.
 *
 * Input: a byte that chooses the kind of record; a byte, of which bits 0..2 are the number of files
 * less one; the size of each file but the last, in two bytes; the files one after the other. Small
 * records, which no set has, take the fuzzer through many files of few bytes.
 */
#include <string.h>

#include "base/mem.h"
#include "data/cifar.h"
#include "fuzz.h"

enum { FILES = 8, KINDS = 4 };

static const struct cifar_record kinds[KINDS] = {
    {1, 0, 3072, 10 }, /* CIFAR-10 */
    {2, 1, 3072, 100}, /* CIFAR-100 */
    {1, 0, 2,    10 },
    {3, 1, 4,    200},
};

struct piece {
    const uint8_t *data;
    size_t size;
};

/* Cuts what is left of the input into files. */
static void cut(struct fuzz_bytes bytes, struct piece *piece, size_t files)
{
    size_t size[FILES];
    for (size_t f = 0; f + 1 < files; f++)
        size[f] = (size_t)fuzz_take_number(&bytes, 2);
    size[files - 1] = bytes.left;
    for (size_t f = 0; f < files; f++) {
        piece[f].data = bytes.data;
        piece[f].size = size[f] < bytes.left ? size[f] : bytes.left;
        bytes.data += piece[f].size;
        bytes.left -= piece[f].size;
    }
}

/* The twin: all records of all files; false when a file is refused. */
static bool is_right(const struct piece *piece, size_t files, const struct cifar_record *record,
                     size_t *count)
{
    const size_t size = record->label_bytes + record->pixel_bytes;
    *count = 0;
    for (size_t f = 0; f < files; f++) {
        if (piece[f].size == 0 || piece[f].size % size != 0)
            return false;
        for (size_t at = record->label_at; at < piece[f].size; at += size)
            if (piece[f].data[at] >= record->classes)
                return false;
        *count += piece[f].size / size;
    }
    return true;
}

static void compare(const struct dataset_part *part, const struct piece *piece, size_t files,
                    const struct cifar_record *record)
{
    const size_t size = record->label_bytes + record->pixel_bytes;
    size_t i = 0;
    for (size_t f = 0; f < files; f++)
        for (size_t at = 0; at < piece[f].size; at += size, i++) {
            fuzz_need(part->label[i] == piece[f].data[at + record->label_at],
                      "another label of sample %zu", i);
            fuzz_need(memcmp(part->pixel + i * record->pixel_bytes,
                             piece[f].data + at + record->label_bytes, record->pixel_bytes) == 0,
                      "other pixels of sample %zu", i);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_file file[FILES];
    struct fuzz_bytes bytes = {data, size};
    const struct cifar_record *record = &kinds[fuzz_take(&bytes) % KINDS];
    const size_t files = 1 + (fuzz_take(&bytes) & 7);
    struct piece piece[FILES];
    const char *name[FILES];
    cut(bytes, piece, files);
    for (size_t f = 0; f < files; f++) {
        if (!file[f].path[0])
            fuzz_file_create(&file[f]);
        fuzz_file_fill(&file[f], piece[f].data, piece[f].size);
        name[f] = file[f].name;
    }

    size_t count;
    const bool expected = is_right(piece, files, record, &count);
    struct dataset_part part;
    struct error err;
    fuzz_clear(&err);
    const bool fine = cifar_read(&part, record, fuzz_folder, name, files, &err);
    if (!fine)
        fuzz_need_line(&err);
    fuzz_need(fine == expected, "%s", fine ? "accepted, but the twin refuses it" : err.text);
    if (fine) {
        fuzz_need(part.count == count, "%zu samples, not %zu", part.count, count);
        compare(&part, piece, files, record);
        mem_free(part.label);
        mem_free(part.pixel);
    }
    fuzz_need_no_blocks();
    return 0;
}
