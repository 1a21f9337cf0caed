/* Random numbers that depend on (seed, client, purpose) alone: any client can be drawn again without
 * drawing those before it. SplitMix64 (Steele, Lea, Flood 2014) has eight bytes of state and costs
 * nothing to seed, where GSL's generators need hundreds of words for every client. */
#ifndef CLAIRSCORE_PORTFOLIO_RANDOM_H
#define CLAIRSCORE_PORTFOLIO_RANDOM_H

#include <gsl/gsl_cdf.h>
#include <stdbool.h>
#include <stdint.h>

struct random_stream {
    uint64_t state;
};

/* The next 64 random bits. */
static inline uint64_t random_bits(struct random_stream *stream)
{
    uint64_t z = stream->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* The stream of one client for one purpose. */
static inline struct random_stream random_stream_of(uint64_t seed, uint64_t client, uint64_t purpose)
{
    struct random_stream stream = {seed};
    stream.state = random_bits(&stream) ^ (client * 0xD1B54A32D192ED03u);
    stream.state = random_bits(&stream) ^ (purpose * 0x8CB92BA72F3D8DD7u);
    stream.state = random_bits(&stream);
    return stream;
}

/* Uniform in the open interval (0, 1). */
static inline double random_uniform(struct random_stream *stream)
{
    return ((double)(random_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

/* Standard normal, by inversion: one draw takes exactly one number from the stream. */
static inline double random_normal(struct random_stream *stream)
{
    return gsl_cdf_ugaussian_Pinv(random_uniform(stream));
}

/* True with the given probability. */
static inline bool random_happens(struct random_stream *stream, double probability)
{
    return random_uniform(stream) < probability;
}

/* A uniform number that leans towards 1 for clients whose standard normal `effect` is high. Over all
 * clients it stays uniform; two rows of one client correlate by loading². */
static inline double random_leaning(struct random_stream *stream, double effect, double loading)
{
    double own = __builtin_sqrt(1 - loading * loading);
    return gsl_cdf_ugaussian_P(loading * effect + own * random_normal(stream));
}

#endif
