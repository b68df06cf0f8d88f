#include "data/dataset_part.h"

size_t dataset_sample_size(const struct dataset *set)
{
    return (size_t)set->channels * (size_t)set->height * (size_t)set->width;
}

const uint8_t *dataset_image(const struct dataset *set, const struct dataset_part *part,
                             size_t index)
{
    const size_t bytes = dataset_sample_size(set);
    return part->pixel ? part->pixel + index * bytes
                       : image_file_read(part->file, part->offset + (uint64_t)index * bytes);
}
