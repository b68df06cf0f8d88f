#include "method/constraint.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"

const struct constraint_class *const constraint_table[] = {
    &constraint_sparsity,       &constraint_column_sparsity,
    &constraint_circulant,      &constraint_smartdeal,
    &constraint_grid,           &constraint_ternary,
    &constraint_slice_sparsity, &constraint_slice_digits,
    &constraint_adc_limit,
};

const size_t constraint_count = sizeof constraint_table / sizeof *constraint_table;
static_assert(sizeof constraint_table / sizeof *constraint_table <= CONSTRAINTS_MAX,
              "CONSTRAINTS_MAX too small");

const struct constraint_class *constraint_of_path(const char *path)
{
    const size_t n = strcspn(path, ".");
    for (size_t i = 0; i < constraint_count; i++)
        if (strlen(constraint_table[i]->name) == n &&
            strncmp(constraint_table[i]->name, path, n) == 0)
            return constraint_table[i];
    return NULL;
}

const char *constraint_options(void)
{
    static char names[512];
    names[0] = '\0';
    for (size_t i = 0; i < constraint_count; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s.%s", constraint_table[i]->name,
                 constraint_table[i]->option);
        names_append(names, sizeof names, path);
    }
    return names;
}
