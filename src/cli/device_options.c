#include "cli/device_options.h"

#include <string.h>

size_t device_options_table(struct device_options *options, struct cli_option *table)
{
    *options = (struct device_options){.variation = "none",
                                       .leakage = "none",
                                       .sigma = 1,
                                       .on_ohm = 6000,
                                       .seeds = 10,
                                       .first_seed = 1,
                                       .samples = 1000};
    const struct cli_option rows[] = {
        {"--devices",        NULL,    CLI_FLAG,    &options->wanted,     0, 0,
         "also run every choice of ADC bits on devices that the next options describe"           },
        {"--variation",      "HOW",   CLI_TEXT,    &options->variation,  0, 0,
         "programming: none, relative, lognormal, milo or wan (published fits)"                  },
        {"--sigma",          "S",     CLI_REAL,    &options->sigma,      0, 10,
         "its deviation; for the fits a factor (default: 1)"                                     },
        {"--on-off",         "RATIO", CLI_REAL,    &options->on_off,     0, 1e9,
         "of conductances: off cells leak; 0 = infinite (default)"                               },
        {"--leakage",        "HOW",   CLI_TEXT,    &options->leakage,    0, 0,
         "against leakage: none, digital (subtract behind the ADC) or reference (in front of it)"},
        {"--stuck-hrs",      "P",     CLI_REAL,    &options->stuck_hrs,  0, 1,
         "share of cells that are always off"                                                    },
        {"--stuck-lrs",      "P",     CLI_REAL,    &options->stuck_lrs,  0, 1,
         "share of cells that are always on"                                                     },
        {"--read-noise",     "S",     CLI_REAL,    &options->read_noise, 0, 10,
         "deviation of an active cell at each read, in cell levels"                              },
        {"--wire",           "OHM",   CLI_REAL,    &options->wire_ohm,   0, 1e6,
         "resistance of a bitline from cell to cell, to first order"                             },
        {"--on-ohm",         "OHM",   CLI_REAL,    &options->on_ohm,     1, 1e9,
         "resistance of a cell that is on, for --wire (default: 6000)"                           },
        {"--device-seeds",   "N",     CLI_INTEGER, &options->seeds,      1, 10000,
         "number of device draws (default: 10)"                                                  },
        {"--device-seed",    "N",     CLI_INTEGER, &options->first_seed, 0, 9e15,
         "seed of the first draw (default: 1)"                                                   },
        {"--device-samples", "N",     CLI_INTEGER, &options->samples,    0, 1e9,
         "test samples of each run on devices; 0 = all (default: 1000)"                          },
    };
    memcpy(table, rows, sizeof rows);
    return sizeof rows / sizeof *rows;
}

bool device_options_settings(const struct device_options *options, int cell_bits,
                             struct device_settings *settings, struct error *err)
{
    const double levels = (1 << cell_bits) - 1, off = options->on_off > 1 ? 1 / options->on_off : 0;
    *settings = (struct device_settings){
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
    if (!device_variation_find(options->variation, &settings->device.variation))
        return error_set(err, "--variation: value '%s'; allowed: %s", options->variation,
                         device_variation_names());
    if (!device_leakage_find(options->leakage, &settings->device.leakage))
        return error_set(err, "--leakage: value '%s'; allowed: %s", options->leakage,
                         device_leakage_names());
    if (options->on_off != 0 && options->on_off <= 1)
        return error_set(err, "--on-off: value %g; allowed: 0 (infinite) or more than 1",
                         options->on_off);
    if (options->stuck_hrs + options->stuck_lrs > 1)
        return error_set(err, "--stuck-hrs and --stuck-lrs: %g + %g is more than 1",
                         options->stuck_hrs, options->stuck_lrs);
    return true;
}
