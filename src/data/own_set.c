#include "data/own_set.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/idx_set.h"
#include "data/pack.h"

/* ---- where it is ---- */

struct search {
    struct own_set *own;
    const char *file;
    char looked[512]; /* all places, for the message */
};

/* A file, a folder, or what the names begin with. */
static bool look(struct search *s, const char *root)
{
    static const char *const ends[] = {"", "/", "-"};
    const char *between = *root ? "/" : "";
    const size_t used = strlen(s->looked);
    snprintf(s->looked + used, sizeof s->looked - used, "%s%s%s%s", used ? ", " : "", root, between,
             s->file);
    for (int i = 0; i < 3; i++) {
        const int n =
            snprintf(s->own->path, DATASET_PATH, "%s%s%s%s", root, between, s->file, ends[i]);
        s->own->is_pack = i == 0;
        if (n < DATASET_PATH &&
            (i == 0 ? pack_is_there(s->own->path) : idx_set_is_there(s->own->path)))
            return true;
    }
    return false;
}

bool own_set_find(struct own_set *own, const char *file, const char *directory, struct error *err)
{
    struct search s = {.own = own, .file = file};
    const char *env = getenv("RESLICE_DATA");
    const bool is_there = file[0] == '/' ? look(&s, "")
                          : directory    ? look(&s, directory)
                                         : look(&s, "") || (env && env[0] && look(&s, env)) ||
                                            look(&s, "./data") || look(&s, "/usr/share/datasets");
    return is_there ||
           error_set(err,
                     "data.file: value '%.200s': not found; packed images (.h5), a folder "
                     "with IDX files (train-images-idx3-ubyte and so on), or what their "
                     "names begin with, was looked for in: %s",
                     file, s.looked);
}

/* ---- what it is called ---- */

/* The last part of the path, without "/" or "-" behind it. */
static void take_name(char *name, size_t size, const char *base)
{
    size_t end = strlen(base);
    while (end > 1 && (base[end - 1] == '/' || base[end - 1] == '-'))
        end--;
    size_t first = end;
    while (first > 0 && base[first - 1] != '/')
        first--;
    snprintf(name, size, "%.*s", (int)(end - first), base + first);
    error_clean(name);
}

bool own_set_look(const struct own_set *own, struct dataset *set, struct error *err)
{
    if (own->is_pack)
        return pack_look(set, own->path, err);
    *set = (struct dataset){.channels = 0};
    take_name(set->name, sizeof set->name, own->path);
    return idx_set_look(set, own->path, err);
}

/* ---- reading ---- */

static float rounded(double x)
{
    return (float)(round(1e4 * x) / 1e4);
}

/* Sums of integers: the same on every machine. Images of one colour have a deviation of 1. */
static void measure(struct dataset *set)
{
    const size_t plane = (size_t)set->height * (size_t)set->width;
    const size_t channels = (size_t)set->channels;
    for (size_t c = 0; c < channels; c++) {
        uint64_t sum = 0, squares = 0;
        for (size_t i = 0; i < set->train.count; i++) {
            const uint8_t *pixel = set->train.pixel + (i * channels + c) * plane;
            for (size_t j = 0; j < plane; j++) {
                sum += pixel[j];
                squares += (uint64_t)pixel[j] * pixel[j];
            }
        }
        const double n = (double)plane * (double)set->train.count;
        const double mean = (double)sum / n;
        const double variance = (double)squares / n - mean * mean;
        set->mean[c] = rounded(mean / 255.0);
        set->std[c] = rounded(sqrt(variance > 0.0 ? variance : 0.0) / 255.0);
        if (set->std[c] == 0.0F)
            set->std[c] = 1.0F;
    }
}

bool own_set_read(const struct own_set *own, struct dataset *set, struct error *err)
{
    if (own->is_pack)
        return pack_read(set, own->path, err);
    if (!idx_set_read(set, own->path, err))
        return false;
    measure(set);
    return true;
}
