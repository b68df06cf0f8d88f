#include "cli/crossbar_text.h"

#include <math.h>
#include <stdio.h>

#include "base/comm.h"
#include "base/log.h"
#include "simulate/conversion_cost.h"
#include "table/table.h"

/* ---- bits of layers ---- */

static void slice_columns(struct table *table, int slices)
{
    for (int k = slices - 1; k >= 0; k--) {
        char name[16];
        snprintf(name, sizeof name, "B%d", k);
        table_column(table, TABLE_NUMBER, name, "bit");
    }
}

/* `first`: title of the column that says what the bits are. */
static struct table *layer_table(const struct trials *t, const char *id, const char *title,
                                 const char *first)
{
    struct table *table = table_create(id, title);
    table_column(table, TABLE_WORDS, first, NULL);
    table_column(table, TABLE_WORDS, "layer", NULL);
    table_column(table, TABLE_WORDS, "sign", NULL);
    slice_columns(table, t->slices);
    return table;
}

static void layer_rows(struct table *table, const struct trials *t, const char *name,
                       const struct adc_bits *bits)
{
    const bool one_sign = t->inference->simulation->signs != READOUT_DIFFERENTIAL;
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < (one_sign ? 1 : CROSSBAR_SIGNS); sign++) {
            table_words(table, "%s", name);
            table_words(table, "%s", t->inference->simulation->layer[l].name);
            table_words(table, "%s", one_sign ? "" : sign == CROSSBAR_POSITIVE ? "+" : "-");
            for (int k = t->slices - 1; k >= 0; k--)
                table_number(table, 0, bits[l].of[sign][k]);
        }
}

static void print_definitions(const struct provision *p)
{
    const struct trials *t = p->trials;
    struct table *table = layer_table(t, "needed_bits", "ADC bits by definition", "definition");
    for (int d = 0; d < ADC_DEFINITIONS; d++)
        layer_rows(table, t, adc_definitions[d].label, t->needed[d]);
    if (p->accuracy)
        layer_rows(table, t, "accuracy", p->accuracy);
    table_note(table,
               "static: lossless for every input; observed: lossless on the calibration samples; "
               "99.99 %%, 99.9 %%: hold that share of their conversions; accuracy: fewest bits "
               "within the loss, every other converter lossless.");
    table_print(table, TABLE_TEXT, stdout);
    table_destroy(table);
}

/* ---- assignments ---- */

static void assignment_row(struct table *table, const struct trials *t, const struct assignment *a)
{
    table_words(table, "%s", a->name);
    for (int k = t->slices - 1; k >= 0; k--)
        table_number(table, 0, trials_widest(t, a->bits, k));
    table_number(table, 2, 100 * (trials_expected_calibration(t) - a->calibration));
    table_number(table, 2, 100 * a->test);
    table_number(table, 2, 100 * (trials_expected_test(t) - a->test));
    table_number(table, 3, 100 * a->clip_rate);
    table_number(table, 3, 1e-3 * a->energy_pj);
}

static void search_notes(struct table *table, const struct provision *p)
{
    const struct trials *t = p->trials;
    if (p->start >= 0 && p->start != t->reference)
        table_note(table,
                   "provisioned: made from \"%s\", the cheapest row within the loss: its layers "
                   "have bits of their own, which the search gives them with --per-layer only.",
                   t->assignment[p->start].name);
    if (p->passed_over >= 0)
        table_note(table,
                   "\"%s\" is within the loss and cheaper than what is provisioned, but has a "
                   "slice of fewer bits than --fewest %d.",
                   t->assignment[p->passed_over].name, p->settings.fewest_bits);
    if (p->search.is_by_slice)
        table_note(table,
                   "provisioned: %.3g combinations of bits are too many to be searched%s. Bits "
                   "were taken from one slice of all layers at a time: combinations that were not "
                   "met on this way may be cheaper.",
                   p->search.combinations, p->search.exhaustive ? ", --exhaustive or not" : "");
}

static bool leaves_out_slice(const struct trials *t)
{
    for (size_t a = 0; a < t->assignments; a++)
        for (int k = 0; k < t->slices; k++)
            if (trials_widest(t, t->assignment[a].bits, k) == 0)
                return true;
    return false;
}

static void print_assignments(const struct provision *p, const struct result_setup *setup)
{
    const struct trials *t = p->trials;
    struct table *table = table_create("assignments", "Accuracy by ADC bits");
    table_column(table, TABLE_WORDS, "ADC", NULL);
    slice_columns(table, t->slices);
    table_column(table, TABLE_NUMBER, "calibration loss", "points");
    table_column(table, TABLE_NUMBER, "test accuracy", "%");
    table_column(table, TABLE_NUMBER, "test loss", "points");
    table_column(table, TABLE_NUMBER, "clipped", "%");
    table_column(table, TABLE_NUMBER, "ADC energy", "nJ");
    for (size_t i = 0; i < t->assignments; i++)
        assignment_row(table, t, &t->assignment[i]);
    table_note(table,
               "Without crossbars: %.2f %% on %zu %s samples (calibration), %.2f %% on %zu test "
               "samples. Signs: %s; transfer: %s.",
               100 * t->exact_calibration, setup->calibration_samples, setup->calibration,
               100 * t->exact_test, setup->test_samples, setup->signs, setup->transfer);
    if (t->reference >= 0)
        table_note(table,
                   "The network was trained through the ADCs of \"%s\": losses are counted from "
                   "their accuracy, not from that without crossbars.",
                   t->assignment[t->reference].name);
    table_note(table, "Bits: the widest of layers and signs. clipped: of the conversions of the "
                      "calibration samples, the worst of layers, slices and signs. ADC energy: of "
                      "a sample's conversions, model isaac (1..3 bits are extrapolated).");
    if (leaves_out_slice(t))
        table_note(table, "0 bits: the slice has no ADC and is left out of the sum; not an ideal "
                          "ADC.");
    search_notes(table, p);
    table_print(table, TABLE_TEXT, stdout);
    table_destroy(table);
}

static bool is_uniform(const struct trials *t, const struct adc_bits *bits)
{
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices; k++)
                if (bits[l].of[sign][k] != bits[0].of[CROSSBAR_POSITIVE][k])
                    return false;
    return true;
}

/* What the search gave, where the row of the widest does not say it. */
static void print_provisioned(const struct provision *p)
{
    const struct trials *t = p->trials;
    struct table *table =
        layer_table(t, "provisioned_bits", "Provisioned ADC bits by layer", "ADC");
    bool has_rows = false;
    for (size_t a = (size_t)p->provisioned; a < t->assignments; a++)
        if (!is_uniform(t, t->assignment[a].bits)) {
            layer_rows(table, t, t->assignment[a].name, t->assignment[a].bits);
            has_rows = true;
        }
    if (has_rows)
        table_print(table, TABLE_TEXT, stdout);
    table_destroy(table);
}

/* Whether the calibration samples could carry the conclusion. The standard error is that of a share
 * with two more of either kind (Agresti and Coull): it is not 0 where three of three are right. */
static void warn_of_loss(const struct provision *p, const struct result_setup *setup)
{
    const struct trials *t = p->trials;
    const double n = (double)setup->calibration_samples + 4;
    const double expected = trials_expected_calibration(t);
    const double share = (expected * (double)setup->calibration_samples + 2) / n;
    for (size_t a = (size_t)p->provisioned; a < t->assignments; a++) {
        const double loss = trials_expected_test(t) - t->assignment[a].test;
        if (loss > t->loss + 1e-12)
            log_warn("%s: test loss %.1f points exceeds the allowed %g: %zu calibration samples, "
                     "on which an accuracy has a standard error of %.1f points",
                     t->assignment[a].name, 100 * loss, 100 * t->loss, setup->calibration_samples,
                     100 * sqrt(share * (1 - share) / n));
    }
}

static void print_devices(const struct trials *t, const struct result_setup *setup)
{
    const struct device_runs *runs = setup->devices;
    const struct device *device = &runs->settings.device;
    struct table *table = table_create("devices", "Accuracy on devices");
    table_column(table, TABLE_WORDS, "ADC", NULL);
    slice_columns(table, t->slices);
    table_column(table, TABLE_NUMBER, "ideal devices", "%");
    table_column(table, TABLE_SPREAD, "these devices", "%");
    for (size_t a = 0; a < runs->assignments; a++) {
        table_words(table, "%s", t->assignment[a].name);
        for (int k = t->slices - 1; k >= 0; k--)
            table_number(table, 0, trials_widest(t, t->assignment[a].bits, k));
        table_number(table, 2, 100 * runs->ideal[a]);
        table_spread(table, 2, 100 * device_runs_mean(runs, a),
                     100 * device_runs_deviation(runs, a));
    }
    table_note(table,
               "Mean ± sample standard deviation over %zu device seeds, %zu test samples. "
               "Programming: %s, sigma %g; on/off ratio %g (0: infinite), leakage subtraction: %s; "
               "stuck off %g, stuck on %g; read noise %g levels; wire %g (ohm times the "
               "conductance of a level).",
               runs->settings.seeds, runs->settings.samples, setup->variation, device->sigma,
               device->on_off, setup->leakage, device->stuck_hrs, device->stuck_lrs,
               device->read_noise, device->wire);
    if (device->wire > 0)
        table_note(
            table,
            "Wires take at most %.3g of a row's voltage (all cells on and driven); the first "
            "order means little where that is not small.",
            device_runs_worst_drop(runs, t->inference->simulation->format));
    table_print(table, TABLE_TEXT, stdout);
    table_destroy(table);
}

/* ---- counts ---- */

static void print_counts(const struct trials *t)
{
    const struct simulation *simulation = t->inference->simulation;
    uint64_t all = 0, needed = 0, macs = 0;
    for (int l = 0; l < t->layers; l++) {
        macs += conversion_macs(&simulation->layer[l]);
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices; k++) {
                const struct simulated_layer *layer = &simulation->layer[l];
                all += conversion_count_all(layer, simulation->signs, sign);
                needed += conversion_count(layer, sign, k);
            }
    }
    log_info("conversions of a sample: %llu, %.3f a multiplication; without bitlines that are all "
             "zero: %llu, %.3f (%.1f %% need none)",
             (unsigned long long)all, (double)all / (double)macs, (unsigned long long)needed,
             (double)needed / (double)macs, 100 * (1 - (double)needed / (double)all));
}

void crossbar_print(const struct provision *p, const struct result_setup *setup)
{
    const struct trials *t = p->trials;
    int64_t macs = (int64_t)t->inference->macs;
    const double time_s = t->inference->time_s; /* ranks work side by side */
    comm_sum_i64(&macs, 1);
    if (comm_rank() == 0) {
        work_line_clear();
        print_definitions(p);
        print_assignments(p, setup);
        print_provisioned(p);
        if (setup->devices)
            print_devices(t, setup);
        fflush(stdout);
    }
    warn_of_loss(p, setup);
    print_counts(t);
    log_info("%zu evaluations on crossbars; %.3g multiplications in %.2f s on %d ranks: %.3g a "
             "second",
             t->simulations, (double)macs, time_s, comm_size(), (double)macs / time_s);
}
