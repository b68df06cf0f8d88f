#include "report/results.h"

#include <string.h>

#include "base/mem.h"

void report_result_free(struct report_result *result)
{
    mem_free(result->layer);
    mem_free(result->assignment);
    mem_free(result->method_layer);
}

const struct report_assignment *report_provisioned(const struct report_result *result)
{
    for (size_t a = 0; a < result->assignments; a++)
        if (strcmp(result->assignment[a].name, "provisioned") == 0)
            return &result->assignment[a];
    return NULL;
}
