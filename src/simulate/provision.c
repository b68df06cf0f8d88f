#include "simulate/provision.h"

#include <string.h>

#include "base/mem.h"
#include "simulate/conversion_cost.h"

static bool clips(const struct trials *t)
{
    return t->inference->readout->transfer == READOUT_CLIP;
}

static bool shares_converter(const struct trials *t)
{
    return t->inference->simulation->signs == READOUT_ANALOG;
}

/* Bits that are lossless on the calibration samples for slice k of every layer. */
static int lossless_of(const struct trials *t, int k)
{
    return clips(t) ? trials_widest(t, t->needed[ADC_OBSERVED], k)
                    : readout_full_bits(t->inference->simulation->format);
}

/* Bits [layers] that lose nothing for any input; freed with mem_free. */
static struct adc_bits *lossless(const struct trials *t)
{
    struct adc_bits *bits = MEM_NEW(struct adc_bits, t->layers);
    if (clips(t))
        memcpy(bits, t->needed[ADC_STATIC], (size_t)t->layers * sizeof *bits);
    else /* fewer bits are coarser everywhere */
        memset(bits, readout_full_bits(t->inference->simulation->format),
               (size_t)t->layers * sizeof *bits);
    return bits;
}

/* ---- one at a time ---- */

/* Each slice alone, over all widths. */
static void sweep(struct provision *p)
{
    struct trials *t = p->trials;
    work_line_start(&t->line, "sweep", (size_t)t->slices * (PROVISION_SWEEP_BITS + 1));
    for (int k = 0; k < t->slices; k++) {
        const int most = lossless_of(t, k);
        for (int n = 0; n <= PROVISION_SWEEP_BITS || n <= most; n++) {
            struct adc_bits *bits = lossless(t);
            for (int l = 0; l < t->layers; l++)
                for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
                    bits[l].of[sign][k] = (int8_t)n;
            p->sweep[k][n] = trials_calibration(t, bits);
            mem_free(bits);
        }
    }
}

/* Bits from which those of a (layer, sign, slice) alone go down. */
static int alone_from(const struct trials *t, int l, int sign, int k)
{
    return clips(t) ? t->needed[ADC_OBSERVED][l].of[sign][k]
                    : readout_full_bits(t->inference->simulation->format);
}

/* With analog subtraction both signs have the converter of the positive one. */
static bool is_searched(const struct trials *t, int sign)
{
    return sign == CROSSBAR_POSITIVE || !shares_converter(t);
}

static size_t most_alone(const struct trials *t)
{
    size_t most = 0;
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices && is_searched(t, sign); k++)
                most += (size_t)alone_from(t, l, sign, k);
    return most;
}

static int fewest_bits(struct trials *t, int l, int sign, int k)
{
    struct adc_bits *bits = lossless(t);
    int n = alone_from(t, l, sign, k);
    while (n > 0) {
        bits[l].of[sign][k] = (int8_t)(n - 1);
        if (shares_converter(t))
            bits[l].of[CROSSBAR_NEGATIVE][k] = (int8_t)(n - 1);
        if (!trials_is_good(t, bits)) {
            t->line.total -= (size_t)(n - 1); /* fewer are not tried */
            break;
        }
        n--;
    }
    mem_free(bits);
    return n;
}

/* Each (layer, sign, slice) alone: the definition `accuracy`. */
static void find_each(struct provision *p)
{
    struct trials *t = p->trials;
    p->accuracy = MEM_NEW(struct adc_bits, t->layers);
    work_line_start(&t->line, "each alone", most_alone(t));
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices; k++)
                p->accuracy[l].of[sign][k] = is_searched(t, sign)
                                                 ? (int8_t)fewest_bits(t, l, sign, k)
                                                 : p->accuracy[l].of[CROSSBAR_POSITIVE][k];
}

/* ---- together ---- */

/* A width is never tried for a slice that loses too much with it on its own. */
static void find_bounds(struct provision *p)
{
    struct bit_search *search = &p->search;
    *search = (struct bit_search){.trials = p->trials, .exhaustive = p->settings.exhaustive};
    for (int k = 0; k < p->trials->slices; k++) {
        const int high = search->high[k] = lossless_of(p->trials, k);
        int n = p->settings.fewest_bits < high ? p->settings.fewest_bits : high;
        while (n < high && !search->exhaustive && !trials_is_close(p->trials, p->sweep[k][n]))
            n++;
        search->low[k] = n;
    }
}

/* Whether no slice has fewer bits than asked for, but where fewer lose nothing. */
static bool has_fewest(const struct provision *p, const struct assignment *a)
{
    for (int k = 0; k < p->trials->slices; k++) {
        const int widest = trials_widest(p->trials, a->bits, k);
        if (widest < p->settings.fewest_bits && widest < p->search.high[k])
            return false;
    }
    return true;
}

/* The cheapest assignment within the loss that costs less than `most_pj`; -1 when there is none. */
static int cheapest_assignment(const struct provision *p, bool wants_fewest, double most_pj)
{
    int found = -1;
    for (size_t i = 0; i < p->trials->assignments; i++) {
        const struct assignment *a = &p->trials->assignment[i];
        if (trials_is_close(p->trials, a->calibration) && a->energy_pj < most_pj &&
            has_fewest(p, a) == wants_fewest) {
            found = (int)i;
            most_pj = a->energy_pj;
        }
    }
    return found;
}

/* Layers may have bits of their own in a cheaper assignment than one width a slice can give: then
 * slices lose bits from there. */
static void start_from_cheapest(struct provision *p, struct adc_bits *bits)
{
    struct trials *t = p->trials;
    const struct simulation *simulation = t->inference->simulation;
    int floor[CROSSBAR_MAX_SLICES];
    for (int k = 0; k < t->slices; k++)
        floor[k] = p->settings.fewest_bits;
    p->start = cheapest_assignment(p, true, conversion_energy_pj(simulation, bits));
    if (p->start >= 0) {
        memcpy(bits, t->assignment[p->start].bits, (size_t)t->layers * sizeof *bits);
        bit_search_reduce(t, bits, BIT_SEARCH_SLICES, floor);
    }
    p->passed_over = cheapest_assignment(p, false, conversion_energy_pj(simulation, bits));
}

static void search(struct provision *p)
{
    struct trials *t = p->trials;
    struct adc_bits *bits = MEM_NEW(struct adc_bits, t->layers);
    int floor[CROSSBAR_MAX_SLICES];
    for (int k = 0; k < t->slices; k++)
        floor[k] = p->settings.fewest_bits;
    find_bounds(p);
    work_line_start(&t->line, "search", 0);
    bit_search_slices(&p->search, bits);
    start_from_cheapest(p, bits);
    work_line_left(&t->line, 2);
    p->provisioned = (int)t->assignments;
    trials_record(t, "provisioned", bits);
    if (p->settings.per_layer) {
        work_line_start(&t->line, "search by layer", 0);
        bit_search_reduce(t, bits, BIT_SEARCH_LAYERS, floor);
        work_line_left(&t->line, 2);
        trials_record(t, "provisioned by layer", bits);
    }
    mem_free(bits);
}

void provision_run(struct provision *p, struct trials *trials, struct provision_settings settings)
{
    *p = (struct provision){.settings = settings, .trials = trials};
    work_line_start(&trials->line, "definitions", 2 * ADC_DEFINITIONS);
    for (int d = 0; d < ADC_DEFINITIONS; d++)
        trials_record(trials, adc_definitions[d].label, trials->needed[d]);
    sweep(p);
    if (settings.each) {
        find_each(p);
        trials_record(trials, "accuracy, each alone", p->accuracy);
    }
    search(p);
}

void provision_destroy(struct provision *p)
{
    mem_free(p->accuracy);
    *p = (struct provision){0};
}
