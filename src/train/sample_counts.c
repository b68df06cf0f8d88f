#include "train/sample_counts.h"

/* Number of samples to use of `available` when the file says `wanted` (0 = all). */
static size_t limited(int64_t wanted, size_t available)
{
    return wanted > 0 && (size_t)wanted < available ? (size_t)wanted : available;
}

bool sample_counts_find(struct sample_counts *counts, const struct settings *s,
                        const struct dataset *set, struct error *err)
{
    const size_t validation = (size_t)s->data.validation;
    if (validation >= set->train.count)
        return error_set(err,
                         "data.validation: value '%zu' leaves nothing of the %zu training "
                         "samples of %s; allowed: 0..%zu",
                         validation, set->train.count, set->name, set->train.count - 1);
    counts->validation = validation;
    counts->train = limited(s->data.train, set->train.count - validation);
    counts->test = limited(s->data.test, set->test.count);
    return true;
}
