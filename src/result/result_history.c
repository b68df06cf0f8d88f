#include "result/result_history.h"

#include "base/mem.h"

static const struct {
    const char *name, *description, *units;
} columns[HISTORY_COLUMNS] = {
    {"train_loss",          "mean cross entropy of the training batches of the epoch",                   "nat"},
    {"train_accuracy",      "share of training samples classified correctly",                            "1"  },
    {"validation_loss",     "mean cross entropy of the validation samples",                              "nat"},
    {"validation_accuracy", "share of validation samples classified correctly",                          "1"  },
    {"test_loss",           "mean cross entropy of the test samples",                                    "nat"},
    {"test_accuracy",       "share of test samples classified correctly",                                "1"  },
    {"rate",                "learning rate at the end of the epoch",                                     "1"  },
    {"penalty",             "penalty term of the loss after the epoch",                                  "nat"},
    {"seconds",             "wall time since the start of the run",                                      "s"  },
    {"residual",            "distance of the weights in training from the constraints, over their norm", "1"  },
    {"rho",                 "ADMM's pull towards the constraints behind the epoch",                      "1"  },
};

static void write_nonzero(struct store *store, const struct history *history, int slices)
{
    double *ratio = MEM_NEW(double, history->rows *(size_t)slices);
    for (size_t r = 0; r < history->rows; r++)
        for (int k = 0; k < slices; k++)
            ratio[r * (size_t)slices + (size_t)k] = history->row[r].nonzero[k];
    const struct store_array array = {
        .group = "/history",
        .name = "nonzero",
        .description = "share of quantised parameters (weights and biases) whose slice is not 0",
        .units = "1",
        .type = STORE_F64,
        .axes = 2,
        .axis = {{"epoch", history->rows, NULL}, {"slice", (size_t)slices, NULL}},
        .data = ratio
    };
    store_write(store, &array);
    mem_free(ratio);
}

void result_write_history(struct store *store, const struct history *history, int slices)
{
    double *value = MEM_NEW(double, history->rows);
    const int shown = history->has_constraints ? HISTORY_COLUMNS : HISTORY_RESIDUAL;
    for (int c = 0; c < shown; c++) {
        for (size_t r = 0; r < history->rows; r++)
            value[r] = history->row[r].value[c];
        const struct store_array array = {.group = "/history",
                                          .name = columns[c].name,
                                          .description = columns[c].description,
                                          .units = columns[c].units,
                                          .type = STORE_F64,
                                          .axes = 1,
                                          .axis = {{"epoch", history->rows, NULL}},
                                          .data = value,
                                          .is_volatile = c == HISTORY_SECONDS};
        store_write(store, &array);
    }
    mem_free(value);
    write_nonzero(store, history, slices);
}
