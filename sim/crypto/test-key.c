/* TEST KEY. PUBLIC. IT PROTECTS NOTHING.
 *
 * The key pair with which simulated token providers sign and simulated servers verify. Everybody
 * who has the source has the private key: never give it, or anything that accepts its signatures,
 * to a system that is real. It is committed, not made, so that the RS algorithms give the same
 * bytes in every run and on every machine. RSA, 2048 bits, e = 65537, PKCS #8; the RS and the PS
 * algorithms share it. */
#include "crypto/crypto-private.h"

const char sr_crypto_test_key_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC7InP2iQ1WVASY\n"
    "Vnq/HtTD2kTeXvvkKZ1s4xBeqYAl4fdwjqadx+xT4hgmCQzZHRjX25ZKBfhhvCmD\n"
    "SVxEV5t3yPdX8oTHISSHtDak4q/+mlAj1tsliRt7/r98dQvZMQY1ti2YmlvsLw4+\n"
    "z0YWAaidRpPmaovjSvE/E6gfG8dhf/QCKrBY56Zvf2E6lVCiXy7ELJmOs8PEFhtd\n"
    "kB7wPyIgLJJd9+oBW4qGyfT6gHCw6Z2oR+7G/GrX/a8LNnmMHK+Q+XiDbhIUDQQx\n"
    "Mdw+8Tk+qNBgAH5fyllCy1oH93C3i5rhPF6Yw5n/Do8zANWu6eK5m3c45/RS0fS7\n"
    "hVtbWqnTAgMBAAECggEAPj35YBi5rOsJFDo/XW49yl7A5U2mbn9A80Sa30F1dCQy\n"
    "jueDl5s1ibj72zrLYTOCXdmVpU1TDf7tt9Mgs0KIXVEko8XwT+NAKTrRqgoUC5T7\n"
    "7s+52ERANf/HZPfxVu4taJQNmmJNDMOh81Yxs4QdtyIQc2Ug3hrBHv/EvYQZzt2T\n"
    "IqyDPSYGm/roug5y5064Gvb8+ePX6ya6PcAmIyA9fmiQsjk10ISDoTxTb8HUrh+q\n"
    "sGufbEXAXAySnYLswJ6V5t0AhsIEMPIC2y/9PvnmxuIqu6PW0rBnk6LAoqxF0UQc\n"
    "/ZDgkWqbL1510+ce18ECCsdhUfUrMBjnoORmGW/kgQKBgQD7hqSkjjidLuC+7o5/\n"
    "EsXvdU1OI/tCQuF9t1oD+MKdauxer0czwSPWSZwe3NCSbxnxZDsSI00V/265uiq2\n"
    "UaM84Ep5Qi0RTQmfth6CiKqojwJpTo5OwEbR1RZwLPz5QrB5Yg9fH56RstUgVZlC\n"
    "M+Ed7oIfL9iWrS1pBjLbDCMNYQKBgQC+dpheN2uOjIow1jHumG9HyoaaZeVe9xAN\n"
    "MKW5N3DcYe/PxuhtCmzhSuuXWp/eEdgGddGIMylkp+0vlx4CjvhNfbQB3Wv/x5MY\n"
    "yX5PvdlS1PxH2rYb6P6a5mLdh92j/vHvYFZJ+ZbBkxHLSZS8SwyZh7226ax9XXA3\n"
    "gTmFepOvswKBgQCEWseMZ+JWo/JTxkhpicFqTjmNotV2eqcZdkAB0wbluvwCnw1C\n"
    "qKFpA3cJrnx6ccgfA/UpiDXqG21yggozwiW5xPSrdi0s63Li/fx0B+J1rDtCmrm7\n"
    "quYZSJ30DVhY+cTPOtCH56WTWZ1Y1HI/KfmNvJHwQ0cfkqVQnJhqN6rCQQKBgDLd\n"
    "PSe8KS8yfR05tq//aYiEn5nQKIdJ97FuEnP6SFuyk/arKhsks5sfBPewrg0COuzO\n"
    "vhxffWhyKDeTZeJNCCa5sT7mQRdX1wLBnMfy7XzfgFg4InYlrQj1CeYbiKdpSHcj\n"
    "BShQTWB4xEHD7sKyUDUYOSQGF5iLQZKxIglxiMtdAoGBAPe6dBC8bBXy5s3DL5X0\n"
    "pk+Bphq+ZwokkGYfLI850Vh3W+43tk7Nd5vN2XDLJgdfBib3WxJdGYtpF5avW7mc\n"
    "473/uI6BGFqzmzsp82h7VjiTkP+dV7OgXgLzm9duYcSW81eYidyBansCLV82JTye\n"
    "lWnApTWxVgEZXcVaSSLEGdaT\n"
    "-----END PRIVATE KEY-----\n";
