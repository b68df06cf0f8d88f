#include "simulate/provision_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "simulate/conversions.h"

typedef int8_t layer_bits[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];

static bool clips(const struct provision *p)
{
    return p->inference->readout->transfer == READOUT_CLIP;
}

static bool shares_converter(const struct provision *p)
{
    return p->inference->simulation->signs == READOUT_ANALOG;
}

/* Bits that are lossless on the calibration samples for slice k of every layer. */
static int observed_of(const struct provision *p, int k)
{
    int most = 0;
    if (!clips(p))
        return readout_full_bits(p->inference->simulation->format);
    for (int l = 0; l < p->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            most = p->observed[l][sign][k] > most ? p->observed[l][sign][k] : most;
    return most;
}

static layer_bits *lossless(const struct provision *p)
{
    layer_bits *bits = MEM_NEW(layer_bits, p->layers);
    if (clips(p))
        memcpy(bits, p->needed_static, (size_t)p->layers * sizeof *bits);
    else /* fewer bits are coarser everywhere */
        memset(bits, readout_full_bits(p->inference->simulation->format),
               (size_t)p->layers * sizeof *bits);
    return bits;
}

/* ---- one at a time ---- */

void provision_sweep(struct provision *p)
{
    for (int k = 0; k < p->slices; k++)
        for (int n = 0; n <= PROVISION_BITS; n++) {
            layer_bits *bits = lossless(p);
            for (int l = 0; l < p->layers; l++)
                for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
                    bits[l][sign][k] = (int8_t)n;
            p->sweep[k][n] = provision_calibration(p, bits);
            mem_free(bits);
        }
}

static int fewest_bits(struct provision *p, int l, int sign, int k)
{
    layer_bits *bits = lossless(p);
    int n = clips(p) ? p->observed[l][sign][k] : bits[l][sign][k];
    while (n > 0) {
        bits[l][sign][k] = (int8_t)(n - 1);
        if (shares_converter(p))
            bits[l][CROSSBAR_NEGATIVE][k] = (int8_t)(n - 1);
        if (!provision_is_good(p, bits))
            break;
        n--;
    }
    mem_free(bits);
    return n;
}

void provision_each(struct provision *p)
{
    for (int l = 0; l < p->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < p->slices; k++)
                p->accuracy[l][sign][k] = sign == CROSSBAR_NEGATIVE && shares_converter(p)
                                              ? p->accuracy[l][CROSSBAR_POSITIVE][k]
                                              : (int8_t)fewest_bits(p, l, sign, k);
}

/* ---- bits of slices together ---- */

struct candidate {
    int bits[CROSSBAR_MAX_SLICES];
    double energy_pj;
};

struct candidates {
    size_t count;
    struct candidate *list;
    int low[CROSSBAR_MAX_SLICES], high[CROSSBAR_MAX_SLICES];
};

/* The fewest bits of slice k that may do, by its own sweep. */
static int lowest_of(const struct provision *p, int k, int high)
{
    for (int n = p->settings.fewest_bits; n < high; n++)
        if (p->settings.exhaustive || provision_is_close(p, p->sweep[k][n]))
            return n;
    return high;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->energy_pj != y->energy_pj)
        return x->energy_pj < y->energy_pj ? -1 : 1;
    return memcmp(x->bits, y->bits, sizeof x->bits);
}

/* Every combination between the bounds, cheapest first. */
static void list_candidates(const struct provision *p, struct candidates *all)
{
    layer_bits *bits = MEM_NEW(layer_bits, p->layers);
    all->count = 1;
    for (int k = 0; k < p->slices; k++) {
        all->high[k] = observed_of(p, k);
        all->low[k] = lowest_of(p, k, all->high[k]);
        all->count *= (size_t)(all->high[k] - all->low[k] + 1);
    }
    all->list = MEM_NEW(struct candidate, all->count);
    for (size_t i = 0; i < all->count; i++) {
        size_t rest = i;
        for (int k = 0; k < p->slices; k++) {
            const size_t widths = (size_t)(all->high[k] - all->low[k] + 1);
            all->list[i].bits[k] = all->low[k] + (int)(rest % widths);
            rest /= widths;
        }
        provision_fill(p, bits, all->list[i].bits);
        all->list[i].energy_pj = conversions_energy_pj(p->inference->simulation, bits);
    }
    qsort(all->list, all->count, sizeof *all->list, compare_candidates);
    mem_free(bits);
}

static bool has_at_most(const struct provision *p, const struct candidate *a,
                        const struct candidate *b)
{
    for (int k = 0; k < p->slices; k++)
        if (a->bits[k] > b->bits[k])
            return false;
    return true;
}

/* Marks as bad, with candidate `from`, all that have no slice wider: fewer bits do not help. */
static void drop_below(const struct provision *p, const struct candidates *all, size_t from,
                       bool *is_bad)
{
    for (size_t i = 0; i <= from; i++)
        if (has_at_most(p, &all->list[i], &all->list[from]))
            is_bad[i] = true;
}

/* The first good one of the list. To rule out many at once, the dearest of those that are left in
 * doubt is tried in doubling steps before the cheapest. */
static size_t cheapest_good(struct provision *p, const struct candidates *all, layer_bits *bits)
{
    bool *is_bad = MEM_NEW(bool, all->count);
    size_t found = all->count - 1, next = 0; /* the last is lossless */
    for (size_t step = 1; next < found;) {
        size_t probe = next + step - 1 < found ? next + step - 1 : next;
        while (probe > next && is_bad[probe])
            probe--;
        provision_fill(p, bits, all->list[probe].bits);
        if (provision_is_good(p, bits)) {
            found = probe;
            step = 1;
        } else {
            drop_below(p, all, probe, is_bad);
            step *= 2;
        }
        while (next < found && is_bad[next])
            next++;
    }
    mem_free(is_bad);
    return found;
}

/* Likewise, one after the other. */
static size_t first_good(struct provision *p, const struct candidates *all, layer_bits *bits)
{
    for (size_t i = 0; i + 1 < all->count; i++) {
        provision_fill(p, bits, all->list[i].bits);
        if (provision_is_good(p, bits))
            return i;
    }
    return all->count - 1;
}

static void search_slices(struct provision *p, layer_bits *bits)
{
    struct candidates all = {0};
    list_candidates(p, &all);
    const size_t found =
        p->settings.exhaustive ? first_good(p, &all, bits) : cheapest_good(p, &all, bits);
    provision_fill(p, bits, all.list[found].bits);
    mem_free(all.list);
}

/* ---- layer by layer ---- */

struct saving {
    int layer, slice;
    double energy_pj;
};

static int compare_savings(const void *a, const void *b)
{
    const struct saving *x = a, *y = b;
    if (x->energy_pj != y->energy_pj)
        return x->energy_pj > y->energy_pj ? -1 : 1;
    return x->layer != y->layer ? x->layer - y->layer : x->slice - y->slice;
}

static void add_bits(layer_bits *bits, const struct saving *at, int n)
{
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        bits[at->layer][sign][at->slice] = (int8_t)(bits[at->layer][sign][at->slice] + n);
}

static size_t list_savings(const struct provision *p, layer_bits *bits, const bool *is_done,
                           struct saving *list)
{
    const double now = conversions_energy_pj(p->inference->simulation, bits);
    size_t count = 0;
    for (int l = 0; l < p->layers; l++)
        for (int k = 0; k < p->slices; k++) {
            struct saving *at = &list[count];
            *at = (struct saving){l, k, 0};
            if (is_done[l * p->slices + k] ||
                bits[l][CROSSBAR_POSITIVE][k] <= p->settings.fewest_bits)
                continue;
            add_bits(bits, at, -1);
            at->energy_pj = now - conversions_energy_pj(p->inference->simulation, bits);
            add_bits(bits, at, 1);
            count++;
        }
    qsort(list, count, sizeof *list, compare_savings);
    return count;
}

/* Takes bits away where that saves most, as long as the loss stays within the bound. */
static void refine_layers(struct provision *p, layer_bits *bits)
{
    const size_t places = (size_t)p->layers * (size_t)p->slices;
    struct saving *list = MEM_NEW(struct saving, places + 1);
    bool *is_done = MEM_NEW(bool, places);
    while (list_savings(p, bits, is_done, list) > 0) {
        add_bits(bits, &list[0], -1);
        if (!provision_is_good(p, bits)) {
            add_bits(bits, &list[0], 1);
            is_done[list[0].layer * p->slices + list[0].slice] = true;
        }
    }
    mem_free(list);
    mem_free(is_done);
}

void provision_search(struct provision *p)
{
    layer_bits *bits = MEM_NEW(layer_bits, p->layers);
    search_slices(p, bits);
    provision_record(p, "provisioned", bits);
    if (p->settings.per_layer) {
        refine_layers(p, bits);
        provision_record(p, "provisioned by layer", bits);
    }
    mem_free(bits);
}
