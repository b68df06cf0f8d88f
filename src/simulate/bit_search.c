#include "simulate/bit_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulate/conversion_cost.h"

/* Combinations that are listed at most: more than those of the widths 0..13 of four slices. Of many
 * slices few combinations have no more bits than a bad one, so that a list is gone through slowly. */
enum { LISTED = 65536, MANY_SLICES = 6, LISTED_OF_MANY = 1024 };

/* Combinations of a list that are tried at most: where accuracy hardly depends on the bits, nothing
 * rules out many at once. */
enum { TRIED = 400 };

static double energy_of(const struct trials *t, const struct adc_bits *bits)
{
    return conversion_energy_pj(t->inference->simulation, bits);
}

/* ---- all combinations of the slices' bits ---- */

struct candidate {
    int bits[CROSSBAR_MAX_SLICES];
    double energy_pj;
};

struct candidates {
    size_t count;
    struct candidate *list; /* cheapest first */
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->energy_pj != y->energy_pj)
        return x->energy_pj < y->energy_pj ? -1 : 1;
    return memcmp(x->bits, y->bits, sizeof x->bits);
}

/* Adds the combinations of slices k, k - 1, … 0 that cost at most `most_pj`, with the slices above as
 * they are in `bits` and those below at their fewest. False when they are too many. */
static bool add_candidates(const struct bit_search *search, struct candidates *all, int *bits,
                           int k, double most_pj, struct adc_bits *scratch)
{
    for (bits[k] = search->low[k]; bits[k] <= search->high[k]; bits[k]++) {
        for (int below = 0; below < k; below++)
            bits[below] = search->low[below];
        trials_fill(search->trials, scratch, bits);
        const double energy_pj = energy_of(search->trials, scratch);
        if (energy_pj > most_pj)
            return true; /* more bits cost no less */
        if (k > 0) {
            if (!add_candidates(search, all, bits, k - 1, most_pj, scratch))
                return false;
            continue;
        }
        if (all->count == LISTED)
            return false;
        struct candidate *next = &all->list[all->count++];
        *next = (struct candidate){.energy_pj = energy_pj};
        memcpy(next->bits, bits, (size_t)search->trials->slices * sizeof *bits);
    }
    return true;
}

/* Lists, cheapest first, all that cost at most `most_pj`. False when they are too many. The list is
 * freed by the caller in either case. */
static bool list_candidates(const struct bit_search *search, double most_pj, struct candidates *all)
{
    int bits[CROSSBAR_MAX_SLICES] = {0};
    struct adc_bits *scratch = MEM_NEW(struct adc_bits, search->trials->layers);
    *all = (struct candidates){0, MEM_NEW(struct candidate, LISTED)};
    const bool fits =
        add_candidates(search, all, bits, search->trials->slices - 1, most_pj, scratch);
    qsort(all->list, all->count, sizeof *all->list, compare_candidates);
    mem_free(scratch);
    return fits;
}

static bool has_at_most(int slices, const struct candidate *a, const struct candidate *b)
{
    for (int k = 0; k < slices; k++)
        if (a->bits[k] > b->bits[k])
            return false;
    return true;
}

/* Marks as bad, with candidate `from`, all that have no slice wider: fewer bits do not help. */
static void drop_below(const struct trials *t, const struct candidates *all, size_t from,
                       bool *is_bad)
{
    for (size_t i = 0; i <= from; i++)
        if (has_at_most(t->slices, &all->list[i], &all->list[from]))
            is_bad[i] = true;
}

static size_t left_between(size_t first, size_t last, const bool *is_bad)
{
    size_t left = 0;
    for (size_t i = first; i < last; i++)
        left += !is_bad[i];
    return left;
}

/* The first good one of the list, whose last is taken for one. To rule out many at once, the dearest
 * of those that are left in doubt is tried in doubling steps before the cheapest. *is_sure: nothing
 * before it is in doubt any more; false when the trials are used up. */
static size_t cheapest_good(struct trials *t, const struct candidates *all, struct adc_bits *bits,
                            bool *is_sure)
{
    bool *is_bad = MEM_NEW(bool, all->count);
    size_t found = all->count - 1, next = 0, tried = 0;
    for (size_t step = 1; next < found && tried < TRIED; tried++) {
        size_t probe = next + step - 1 < found ? next + step - 1 : next;
        while (probe > next && is_bad[probe])
            probe--;
        const size_t left = left_between(next, found, is_bad);
        trials_fill(t, bits, all->list[probe].bits);
        work_line_left(&t->line, left < TRIED - tried ? left : TRIED - tried);
        if (trials_is_good(t, bits)) {
            found = probe;
            step = 1;
        } else {
            drop_below(t, all, probe, is_bad);
            step *= 2;
        }
        while (next < found && is_bad[next])
            next++;
    }
    *is_sure = next >= found;
    mem_free(is_bad);
    return found;
}

/* The same, one after the other. */
static size_t first_good(struct trials *t, const struct candidates *all, struct adc_bits *bits)
{
    for (size_t i = 0; i + 1 < all->count; i++) {
        trials_fill(t, bits, all->list[i].bits);
        work_line_left(&t->line, all->count - 1 - i);
        if (trials_is_good(t, bits))
            return i;
    }
    return all->count - 1;
}

/* Changes bits [layers], which are within the loss, to the cheapest of the list that are; false when
 * there may be a cheaper one. */
static bool search_list(struct bit_search *search, const struct candidates *all,
                        struct adc_bits *bits)
{
    struct trials *t = search->trials;
    struct adc_bits *scratch = MEM_NEW(struct adc_bits, t->layers);
    bool is_sure = true;
    const size_t found =
        search->exhaustive ? first_good(t, all, scratch) : cheapest_good(t, all, scratch, &is_sure);
    if (found + 1 < all->count) /* the last costs as much as what was known before */
        trials_fill(t, bits, all->list[found].bits);
    mem_free(scratch);
    return is_sure;
}

void bit_search_slices(struct bit_search *search, struct adc_bits *bits)
{
    struct trials *t = search->trials;
    struct candidates all;
    search->combinations = 1;
    for (int k = 0; k < t->slices; k++)
        search->combinations *= search->high[k] - search->low[k] + 1;
    trials_fill(t, bits, search->high);
    const bool is_slow = t->slices >= MANY_SLICES && !search->exhaustive;
    bool is_listed = search->combinations <= (is_slow ? LISTED_OF_MANY : LISTED);
    if (!is_listed)
        bit_search_reduce(t, bits, BIT_SEARCH_SLICES, search->low);
    if (is_listed || search->exhaustive) {
        is_listed = list_candidates(search, energy_of(t, bits), &all);
        if (is_listed && !search_list(search, &all, bits)) {
            bit_search_reduce(t, bits, BIT_SEARCH_SLICES, search->low);
            is_listed = false;
        }
        mem_free(all.list);
    }
    search->is_by_slice = !is_listed;
}

/* ---- one place after the other ---- */

/* A slice of layers [first, first + layers). */
struct place {
    int first, layers, slice, floor;
    bool is_done;
};

/* Takes a bit away; false when there is none to take. */
static bool take_bit(const struct place *place, struct adc_bits *bits)
{
    bool taken = false;
    for (int l = place->first; l < place->first + place->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
            int8_t *of = &bits[l].of[sign][place->slice];
            const bool has_one = *of > place->floor;
            *of = (int8_t)(*of - has_one);
            taken |= has_one;
        }
    return taken;
}

static size_t list_places(const struct trials *t, enum bit_search_unit unit, const int *floor,
                          struct place *place)
{
    const int step = unit == BIT_SEARCH_LAYERS ? 1 : t->layers;
    size_t count = 0;
    for (int l = 0; l < t->layers; l += step)
        for (int k = 0; k < t->slices; k++)
            place[count++] = (struct place){l, step, k, floor[k], false};
    return count;
}

/* Trials that are left at most: all bits that can be taken. */
static size_t count_bits(const struct place *place, size_t places, const struct adc_bits *bits)
{
    size_t count = 0;
    for (size_t i = 0; i < places; i++) {
        int most = 0;
        for (int l = place[i].first; l < place[i].first + place[i].layers; l++)
            for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
                const int more = bits[l].of[sign][place[i].slice] - place[i].floor;
                most = more > most ? more : most;
            }
        count += place[i].is_done ? 0 : (size_t)most;
    }
    return count;
}

/* The place where a bit less saves most; NULL when no place has one to give. */
static struct place *best_place(const struct trials *t, struct place *place, size_t places,
                                const struct adc_bits *bits, struct adc_bits *scratch)
{
    struct place *best = NULL;
    double least_pj = 0;
    for (size_t i = 0; i < places; i++) {
        memcpy(scratch, bits, (size_t)t->layers * sizeof *bits);
        if (place[i].is_done || !take_bit(&place[i], scratch))
            continue;
        const double energy_pj = energy_of(t, scratch);
        if (!best || energy_pj < least_pj) {
            best = &place[i];
            least_pj = energy_pj;
        }
    }
    return best;
}

void bit_search_reduce(struct trials *t, struct adc_bits *bits, enum bit_search_unit unit,
                       const int *floor)
{
    struct place *place = MEM_NEW(struct place, t->layers * t->slices), *at;
    struct adc_bits *scratch = MEM_NEW(struct adc_bits, t->layers);
    const size_t places = list_places(t, unit, floor, place);
    while ((at = best_place(t, place, places, bits, scratch))) {
        memcpy(scratch, bits, (size_t)t->layers * sizeof *bits);
        take_bit(at, scratch);
        work_line_left(&t->line, count_bits(place, places, bits));
        if (trials_is_good(t, scratch))
            memcpy(bits, scratch, (size_t)t->layers * sizeof *bits);
        else
            at->is_done = true;
    }
    mem_free(place);
    mem_free(scratch);
}
