/** What a copy of the project needs to run, beside what it runs. */
export const ROOMS = ['runtime', 'nodes', 'ptz', 'sim', 'motion', 'timing', 'webrtc', 'schemas'];
