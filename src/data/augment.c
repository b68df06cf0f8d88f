#include "data/augment.h"

#include "base/rng.h"

/* Pixel (y, x) of the result is pixel (y + dy, x + dx) of the image, flipped first if so drawn. */
struct placement {
    bool is_flipped;
    int dy, dx; /* -crop..crop */
};

static struct placement draw(const struct augmentation *a, uint32_t sample)
{
    const struct rng_key key = {a->seed, RNG_AUGMENT, a->epoch};
    const uint64_t places = 2 * (uint64_t)a->crop + 1;
    uint32_t w[4]; /* a word each: switching one of the two off leaves the other as it was */
    rng_words(key, sample, w);
    return (struct placement){.is_flipped = a->flip && w[0] >> 31,
                              .dy = (int)(w[1] * places >> 32) - a->crop,
                              .dx = (int)(w[2] * places >> 32) - a->crop};
}

static int clamp(int x, int high)
{
    return x < 0 ? 0 : x > high ? high : x;
}

static void fill(float *y, int n, float value)
{
    for (int j = 0; j < n; j++)
        y[j] = value;
}

/* y[0..width) = row x, placed; `value` is the normalised value of each pixel value. */
static void place_row(float *restrict y, const uint8_t *restrict x, int width,
                      const struct placement *place, const float value[256])
{
    const int first = clamp(-place->dx, width), end = clamp(width - place->dx, width);
    fill(y, first, value[0]);
    if (place->is_flipped)
        for (int j = first; j < end; j++)
            y[j] = value[x[width - 1 - place->dx - j]];
    else
        for (int j = first; j < end; j++)
            y[j] = value[x[place->dx + j]];
    fill(y + end, width - end, value[0]);
}

/* y[height, width] = channel x, placed. */
static void place_plane(float *y, const uint8_t *x, int height, int width,
                        const struct placement *place, const float value[256])
{
    for (int row = 0; row < height; row++) {
        const int from = row + place->dy;
        float *to = y + (size_t)row * (size_t)width;
        if (from >= 0 && from < height)
            place_row(to, x + (size_t)from * (size_t)width, width, place, value);
        else
            fill(to, width, value[0]);
    }
}

void augment_batch(const struct dataset *set, const struct dataset_part *part,
                   const uint32_t *index, size_t n, float *out, size_t stride,
                   const struct augmentation *augmentation)
{
    if (!augmentation->flip && augmentation->crop == 0) {
        dataset_batch(set, part, index, n, out, stride);
        return;
    }
    const size_t channels = (size_t)set->channels;
    const size_t plane = dataset_sample_size(set) / channels;
    float value[DATASET_CHANNELS][256];
    for (size_t c = 0; c < channels; c++)
        dataset_normalisation(set, c, value[c]);
    dataset_want(set, part, index, n);
    for (size_t i = 0; i < n; i++) {
        const struct placement place = draw(augmentation, index[i]);
        const uint8_t *image = dataset_image(set, part, index[i]);
        for (size_t c = 0; c < channels; c++)
            place_plane(out + i * stride + c * plane, image + c * plane, set->height, set->width,
                        &place, value[c]);
    }
}
