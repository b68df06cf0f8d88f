#define _FILE_OFFSET_BITS 64 /* lengths of crc32_combine */
#include "data/digest.h"

#include <zlib.h>

#include "base/mem.h"

/* As if the pixels of the file stood behind what crc is of. */
static uLong add_blocks(uLong crc, const struct dataset_part *part, size_t image)
{
    for (size_t first = 0; first < part->count; first += DATASET_BLOCK) {
        const size_t left = part->count - first;
        const size_t images = left < DATASET_BLOCK ? left : DATASET_BLOCK;
        crc =
            crc32_combine(crc, part->block_crc32[first / DATASET_BLOCK], (z_off_t)(images * image));
    }
    return crc;
}

static uLong add_labels(uLong crc, const struct dataset_part *part)
{
    uint8_t *byte = MEM_NEW(uint8_t, part->count);
    uint16_t all = 0;
    for (size_t i = 0; i < part->count; i++)
        all |= part->label[i];
    for (int shift = 0; shift < 16 && (shift == 0 || all >> shift); shift += 8) {
        for (size_t i = 0; i < part->count; i++)
            byte[i] = (uint8_t)(part->label[i] >> shift);
        crc = crc32_z(crc, byte, part->count);
    }
    mem_free(byte);
    return crc;
}

int64_t digest_of_set(const struct dataset *set)
{
    const struct dataset_part *parts[2] = {&set->train, &set->test};
    const size_t image = dataset_sample_size(set);
    uLong crc = crc32_z(0, NULL, 0);
    for (int p = 0; p < 2; p++) {
        crc = parts[p]->block_crc32 ? add_blocks(crc, parts[p], image)
                                    : crc32_z(crc, parts[p]->pixel, parts[p]->count * image);
        crc = add_labels(crc, parts[p]);
    }
    return (int64_t)crc;
}
