#include "cli/device_options.h"

#include <string.h>

void device_options_table(struct device_options *options, struct cli_option *table)
{
    *options = (struct device_options){.variation = "none",
                                       .leakage = "none",
                                       .sigma = 1,
                                       .on_ohm = 6000,
                                       .seeds = 10,
                                       .first_seed = 1,
                                       .samples = 1000};
    /* clang-format off */
    const struct cli_option rows[] = {
        {"--devices", NULL, CLI_FLAG, &options->wanted,
         .meaning = "also run every choice of ADC bits on devices that the next options describe"},
        {"--variation", "HOW", CLI_TEXT, &options->variation, .needs = "--devices",
         .meaning = "programming: none, relative, lognormal, milo or wan (published fits)"},
        {"--sigma", "S", CLI_REAL, &options->sigma, .low = 0, .high = 10, .needs = "--variation",
         .meaning = "its deviation; relative, lognormal: a share, 5 % is 0.05; fits: a factor"},
        {"--on-off", "RATIO", CLI_REAL, &options->on_off, .low = 0, .high = 1e9,
         .needs = "--devices", .meaning = "of conductances: off cells leak; 0 = infinite"},
        {"--leakage", "HOW", CLI_TEXT, &options->leakage, .needs = "--on-off",
         .meaning = "against leakage: none, digital (subtract behind the ADC) or reference (in "
                    "front of it)"},
        {"--stuck-hrs", "P", CLI_REAL, &options->stuck_hrs, .low = 0, .high = 1,
         .needs = "--devices", .meaning = "share of cells that are always off"},
        {"--stuck-lrs", "P", CLI_REAL, &options->stuck_lrs, .low = 0, .high = 1,
         .needs = "--devices", .meaning = "share of cells that are always on"},
        {"--read-noise", "S", CLI_REAL, &options->read_noise, .low = 0, .high = 10,
         .unit = "cell levels", .needs = "--devices",
         .meaning = "deviation of an active cell at each read"},
        {"--wire", "OHM", CLI_REAL, &options->wire_ohm, .low = 0, .high = 1e6, .unit = "ohm",
         .needs = "--devices",
         .meaning = "resistance of a bitline from cell to cell, to first order"},
        {"--on-ohm", "OHM", CLI_REAL, &options->on_ohm, .low = 1, .high = 1e9, .unit = "ohm",
         .needs = "--wire", .meaning = "resistance of a cell that is on"},
        {"--device-seeds", "N", CLI_INTEGER, &options->seeds, .low = 1, .high = 10000,
         .needs = "--devices", .meaning = "number of device draws"},
        {"--device-seed", "N", CLI_INTEGER, &options->first_seed, .low = 0, .high = 2e9,
         .needs = "--devices", .meaning = "seed of the first draw"},
        {"--device-samples", "N", CLI_INTEGER, &options->samples, .low = 0, .high = 1e9,
         .needs = "--devices", .meaning = "test samples of each run on devices; 0 = all"},
    };
    /* clang-format on */
    _Static_assert(sizeof rows / sizeof *rows == DEVICE_OPTIONS, "device_options.h counts them");
    memcpy(table, rows, sizeof rows);
}

/* A spread as wide as the conductance itself is no device's: measured ones stay below 0.5, and a
 * number above 1 is mostly meant in percent. */
static bool check_sigma(const struct device_options *options, enum device_variation variation,
                        struct error *err)
{
    const bool is_share = variation == DEVICE_RELATIVE || variation == DEVICE_LOGNORMAL;
    if (is_share && options->sigma > 1)
        return error_set(err,
                         "--sigma: value %g; allowed with --variation %s: 0 to 1, a share of the "
                         "conductance: %g %% is %g",
                         options->sigma, options->variation, options->sigma, options->sigma / 100);
    return true;
}

bool device_options_check(const struct device_options *options, struct error *err)
{
    enum device_variation variation;
    enum device_leakage leakage;
    if (!device_variation_find(options->variation, &variation))
        return error_set(err, "--variation: value '%s'; allowed: %s", options->variation,
                         device_variation_names());
    if (!device_leakage_find(options->leakage, &leakage))
        return error_set(err, "--leakage: value '%s'; allowed: %s", options->leakage,
                         device_leakage_names());
    if (options->on_off != 0 && options->on_off <= 1)
        return error_set(err, "--on-off: value %g; allowed: 0 (infinite) or more than 1",
                         options->on_off);
    if (options->stuck_hrs + options->stuck_lrs > 1)
        return error_set(err, "--stuck-hrs and --stuck-lrs: %g + %g is more than 1",
                         options->stuck_hrs, options->stuck_lrs);
    return check_sigma(options, variation, err);
}

struct device_settings device_options_settings(const struct device_options *options, int cell_bits)
{
    const double levels = (1 << cell_bits) - 1, off = options->on_off > 1 ? 1 / options->on_off : 0;
    struct device_settings settings = {
        .device = {.sigma = options->sigma,
                   .on_off = options->on_off,
                   .stuck_hrs = options->stuck_hrs,
                   .stuck_lrs = options->stuck_lrs,
                   .read_noise = options->read_noise,
                   .wire = options->wire_ohm / options->on_ohm * (1 - off) / levels, /* ohm * dG */
                   .seed = (uint64_t)options->first_seed},
        .seeds = options->wanted ? (size_t)options->seeds : 0,
        .samples = (size_t)options->samples
    };
    device_variation_find(options->variation, &settings.device.variation);
    device_leakage_find(options->leakage, &settings.device.leakage);
    return settings;
}
