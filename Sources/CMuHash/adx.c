// The product modulo 2^3072 - 1103717 with the multiplication of x86 that leaves the flags alone
// (BMI2) and its two chains of carries (ADX).
#include "kernels.h"

#if CMUHASH_X86

// A factor and what comes of it, at a fixed distance from each other.
typedef struct {
    uint64_t left[CMUHASH_WORDS], product[2 * CMUHASH_WORDS];
} workspace;

// One word of the right factor times eight of the left, added to the sum in eight registers. The
// lowest of these, with what earlier strips left there, is a word of the product, and its register
// becomes the highest. Two chains of carries, so that neither waits for the other.
#define TERM(k, high, before, sum)                     \
    "mulx 8*" #k "(%[left]), %%rax, %%" #high "\n\t"   \
    "adcx %%rax, %%" #sum "\n\t"                       \
    "adox %%" #before ", %%" #sum "\n\t"
#define STEP(word, s0, s1, s2, s3, s4, s5, s6, s7)     \
    "movq 8*(" #word ")(%[right]), %%rdx\n\t"          \
    "xorl %%ecx, %%ecx\n\t"                            \
    "mulx (%[left]), %%rax, %%rcx\n\t"                 \
    "adcx %%rax, %%" #s0 "\n\t"                        \
    "adox 8*(" #word ")+384(%[left]), %%" #s0 "\n\t"   \
    "movq %%" #s0 ", 8*(" #word ")+384(%[left])\n\t"   \
    TERM(1, rbx, rcx, s1)                              \
    TERM(2, rcx, rbx, s2)                              \
    TERM(3, rbx, rcx, s3)                              \
    TERM(4, rcx, rbx, s4)                              \
    TERM(5, rbx, rcx, s5)                              \
    TERM(6, rcx, rbx, s6)                              \
    TERM(7, s0, rcx, s7)                               \
    "movl $0, %%eax\n\t"                               \
    "adcx %%rax, %%" #s0 "\n\t"                        \
    "adox %%rax, %%" #s0 "\n\t"
// Eight of them, after which each register holds the word that it held before.
#define STEPS(word)                                           \
    STEP(word + 0, r8, r9, r10, r11, r12, r13, r14, r15)      \
    STEP(word + 1, r9, r10, r11, r12, r13, r14, r15, r8)      \
    STEP(word + 2, r10, r11, r12, r13, r14, r15, r8, r9)      \
    STEP(word + 3, r11, r12, r13, r14, r15, r8, r9, r10)      \
    STEP(word + 4, r12, r13, r14, r15, r8, r9, r10, r11)      \
    STEP(word + 5, r13, r14, r15, r8, r9, r10, r11, r12)      \
    STEP(word + 6, r14, r15, r8, r9, r10, r11, r12, r13)      \
    STEP(word + 7, r15, r8, r9, r10, r11, r12, r13, r14)

// Adds the product of eight words at `left` and all of `right` to the words 384 bytes after the
// former; the last eight of the 56 are written only.
static inline void multiply_strip(uint64_t *left, const uint64_t *right) {
    __asm__ volatile(
        "xorl %%r8d, %%r8d\n\txorl %%r9d, %%r9d\n\txorl %%r10d, %%r10d\n\txorl %%r11d, %%r11d\n\t"
        "xorl %%r12d, %%r12d\n\txorl %%r13d, %%r13d\n\txorl %%r14d, %%r14d\n\t"
        "xorl %%r15d, %%r15d\n\t"
        STEPS(0) STEPS(8) STEPS(16) STEPS(24) STEPS(32) STEPS(40)
        "movq %%r8, 768(%[left])\n\tmovq %%r9, 776(%[left])\n\tmovq %%r10, 784(%[left])\n\t"
        "movq %%r11, 792(%[left])\n\tmovq %%r12, 800(%[left])\n\tmovq %%r13, 808(%[left])\n\t"
        "movq %%r14, 816(%[left])\n\tmovq %%r15, 824(%[left])\n\t"
        :
        : [left] "r"(left), [right] "r"(right)
        : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
          "memory");
}

void cmuhash_multiply_adx(uint64_t *number, const uint64_t *factor) {
    workspace space;
    memcpy(space.left, number, sizeof space.left);
    memset(space.product, 0, sizeof space.left);
    for (int word = 0; word < CMUHASH_WORDS; word += 8) multiply_strip(space.left + word, factor);
    cmuhash_reduce(number, space.product);
}
#endif
