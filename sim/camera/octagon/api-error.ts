/** A failure as the API tells it: an HTTP status, and a code and a message in the body. */
export class ApiError extends Error {
  readonly status: 200 | 400 | 401 | 404 | 405;
  readonly code: string;

  constructor(status: ApiError['status'], code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export function invalid(message: string): ApiError {
  return new ApiError(400, 'INVALID_ARGUMENT', message);
}
