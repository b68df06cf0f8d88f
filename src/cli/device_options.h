/* The options of `reslice crossbar` that describe devices. */
#ifndef RESLICE_CLI_DEVICE_OPTIONS_H
#define RESLICE_CLI_DEVICE_OPTIONS_H

#include "base/error.h"
#include "cli/cli.h"
#include "simulate/device_runs.h"

enum { DEVICE_OPTIONS = 13 };

struct device_options {
    const char *variation, *leakage;
    double sigma, on_off, stuck_hrs, stuck_lrs, read_noise, wire_ohm, on_ohm;
    int64_t seeds, first_seed, samples;
    bool wanted;
};

/* Sets the defaults and fills DEVICE_OPTIONS rows of an option table, whose values are those of
 * `options`. Not collective. */
void device_options_table(struct device_options *options, struct cli_option *table);

/* Names and ranges, whatever the network is. False with a line. Pure. */
bool device_options_check(const struct device_options *options, struct error *err);

/* What checked options ask for on cells of so many bits: no seeds without --devices. Pure. */
struct device_settings device_options_settings(const struct device_options *options, int cell_bits);

#endif
