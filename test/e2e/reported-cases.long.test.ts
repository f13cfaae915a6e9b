/** Reported cases in which the whole program follows a camera, in real time. */
import { describeCases, FOLLOWING } from '../bench/describe-cases.ts';

describeCases(({ name }) => FOLLOWING.test(name));
