/* EIP-3155: one JSON object an instruction. */
#include "trace.h"
#include <stdio.h>

static void step(void *ctx, const struct dry_trace_step *s)
{
    char word[DRY_U256_HEX_MAX];

    (void)ctx;
    fprintf(stderr, "{\"pc\":%llu,\"op\":%u,\"gas\":\"0x%llx\",\"gasCost\":\"0x%llx\",\"stack\":[",
            (unsigned long long)s->pc, s->op, (unsigned long long)s->gas,
            (unsigned long long)s->gas_cost);
    for (uint32_t i = 0; i < s->stack_len; i++) {
        (void)dry_u256_to_hex(word, &s->stack[i]);
        fprintf(stderr, "%s\"%s\"", i == 0 ? "" : ",", word);
    }
    fprintf(stderr, "],\"depth\":%u,\"memSize\":%zu,\"refund\":%llu", s->depth, s->memory.len,
            (unsigned long long)s->refund);
    if (s->error != NULL)
        fprintf(stderr, ",\"error\":\"%s\"", s->error);
    fprintf(stderr, "}\n");
}

const struct dry_tracer dry__trace_3155 = {.step = step};

void dry__trace_end(const struct dry_tx_result *result)
{
    fprintf(stderr, "{\"output\":\"");
    for (size_t i = 0; i < result->output.len; i++)
        fprintf(stderr, "%02x", result->output.ptr[i]);
    fprintf(stderr, "\",\"gasUsed\":\"0x%llx\",\"error\":\"%s\"}\n",
            (unsigned long long)result->gas_used, dry_evm_end_text(result->end));
}
