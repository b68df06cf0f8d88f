/* What the settings of a run ask of one weight layer under a constraint. The layers of a network are
 * numbered from 0, weight matrices only. */
#ifndef RESLICE_SETTINGS_CONSTRAINT_SETTINGS_H
#define RESLICE_SETTINGS_CONSTRAINT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "method/constraint.h"
#include "nn/parameters.h"
#include "settings/settings.h"

/* Whether the settings have the constraint, and it does not leave layer `index` alone. Not
 * collective. */
bool constraint_settings_asks(const struct settings *settings, const struct constraint_class *class,
                              size_t index);

/* The amount for layer `index`; 0 without the constraint. Not of a class that is_per_slice.
 * Not collective. */
double constraint_settings_amount(const struct settings *settings,
                                  const struct constraint_class *class, size_t index);

/* All that the constraint has to know of layer `index`, with the shape of its weight tensor [out, in, kh,
 * kw]; without the constraint the amounts are 0. Not collective. */
struct constraint_layer constraint_settings_describe(const struct settings *settings,
                                                     const struct constraint_class *class,
                                                     const struct parameter *tensor, size_t index);

#endif
