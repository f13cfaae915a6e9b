/** A module that throws while it is loaded. */
throw new Error('this module cannot be loaded');

export {};
