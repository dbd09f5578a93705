/* The two JSON objects of a token. A token comes from outside and may have any claims. Claims
 * that nobody asks for must be JSON of a bounded depth, and are ignored. Time claims of our own
 * tokens must be whole numbers and are read as integers, so that a fraction is refused instead of
 * rounded. Those of somebody's own signer may have fractions, which RFC 7519 allows. */
#include "crypto/crypto-private.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* Returns: whether @value is nested in at most SR_JSON_DEPTH_MAX objects and arrays, @depth of
 * which are outside of it */
static bool
is_shallow(json_t *value, unsigned depth)
{
    const char *name;
    json_t *part;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value))
        return true;
    if (depth == SR_JSON_DEPTH_MAX)
        return false;
    json_object_foreach (value, name, part)
        if (!is_shallow(part, depth + 1))
            return false;
    json_array_foreach (value, i, part)
        if (!is_shallow(part, depth + 1))
            return false;
    return true;
}

/*
 * An unrequested claim may be a whole number beyond 64 bits. jansson reads such a text only with
 * all numbers as doubles. Then *@real is true, and 1.0 looks like 1.
 * Returns: (transfer full) (nullable): the object that @text is
 */
static json_t *
read_object(const char *text, size_t n_text, bool *real)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
    json_error_t error;
    json_t *object;

    if (n_text > SR_JWT_TOKEN_MAX)
        return NULL;
    object = json_loadb(text, n_text, flags, &error);
    *real = object == NULL && json_error_code(&error) == json_error_numeric_overflow;
    if (*real)
        object = json_loadb(text, n_text, flags | JSON_DECODE_INT_AS_REAL, &error);
    if (json_is_object(object) && is_shallow(object, 0))
        return object;
    json_decref(object);
    return NULL;
}

bool
sr_jwt_header_read(const char *text, size_t n_text, GString *algorithm)
{
    bool real;
    json_auto_t *header = read_object(text, n_text, &real);
    const json_t *name = json_object_get(header, "alg");

    /* RFC 7515, section 4.1.11: a reader that does not understand what `crit` lists must refuse
     * the token. */
    if (json_object_get(header, "crit") != NULL || !json_is_string(name))
        return false;
    g_string_append_len(algorithm, json_string_value(name), (gssize) json_string_length(name));
    return true;
}

bool
sr_jwt_key_id_read(const char *text, size_t n_text, char **kid)
{
    bool real;
    json_auto_t *header = read_object(text, n_text, &real);
    const json_t *value = json_object_get(header, "kid");

    *kid = NULL;
    if (value == NULL)
        return header != NULL;
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return false;
    *kid = g_strdup(json_string_value(value));
    return true;
}

/* Reads the time claim @name, if it is there. Returns: false if it is no time in whole seconds */
static bool
read_seconds(const json_t *object, const char *name, bool real, bool *has, int64_t *seconds)
{
    const json_t *value = json_object_get(object, name);
    double number = json_number_value(value);

    *has = value != NULL;
    if (!(number >= -SR_JWT_SECONDS_MAX && number <= SR_JWT_SECONDS_MAX))
        return false;
    *seconds = (int64_t) number;
    return value == NULL ||
           (real ? (double) *seconds == number && json_is_real(value) : json_is_integer(value));
}

bool
sr_jwt_claims_read(const char *text, size_t n_text, SrJwtClaims *claims)
{
    bool real;
    json_auto_t *object = read_object(text, n_text, &real);

    *claims = (SrJwtClaims){ 0 };
    return object != NULL &&
           read_seconds(object, "iat", real, &claims->has_iat, &claims->iat) &&
           read_seconds(object, "nbf", real, &claims->has_nbf, &claims->nbf) &&
           read_seconds(object, "exp", real, &claims->has_exp, &claims->exp);
}

/* Reads the time claim @name, if it is there and a number. Returns: false if it is no number */
static bool
read_time(const json_t *object, const char *name, double (*round_it)(double), bool *has,
          int64_t *seconds)
{
    const json_t *value = json_object_get(object, name);
    double number = round_it(json_number_value(value));

    if (!json_is_number(value))
        return value == NULL;
    *has = true;
    /* Up to there a double has every whole number. */
    *seconds =
        (int64_t) CLAMP(number, -(double) SR_JWT_SECONDS_MAX, (double) SR_JWT_SECONDS_MAX);
    return true;
}

bool
sr_jwt_times_read(const char *text, size_t n_text, SrJwtClaims *claims, const char **not_number)
{
    bool real;
    json_auto_t *object = read_object(text, n_text, &real);

    *claims = (SrJwtClaims){ 0 };
    *not_number = NULL;
    if (object == NULL)
        return false;
    if (!read_time(object, "iat", ceil, &claims->has_iat, &claims->iat))
        *not_number = "iat";
    if (!read_time(object, "nbf", ceil, &claims->has_nbf, &claims->nbf))
        *not_number = "nbf";
    if (!read_time(object, "exp", floor, &claims->has_exp, &claims->exp))
        *not_number = "exp";
    return true;
}
