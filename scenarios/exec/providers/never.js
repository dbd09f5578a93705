// Wrong: a promise that nobody settles, as after a lost callback. It is found at once, without a
// time-out.
exports.rtc_encryption_provider = () => new Promise(() => {});
