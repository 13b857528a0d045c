/** Why a request is turned away, in the words and shapes of vLLM 0.32 where they are known. */
export class RequestFault extends Error {
  override readonly name = "RequestFault";
  constructor(
    readonly status: number,
    /** The JSON body. */
    readonly body: unknown,
  ) {
    super(`answered with ${status}`);
  }
}

const TYPES: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  404: "NotFoundError",
  413: "RequestTooLargeError",
  500: "InternalServerError",
  501: "NotImplementedError",
  503: "Service Unavailable",
};

export function fault(status: number, message: string, param: string | null = null): RequestFault {
  return new RequestFault(status, { error: { message, type: TYPES[status] ?? "Error", param, code: status } });
}

/** A value out of its range: the message repeats the field and what was sent. */
export function badValue(param: string, value: unknown, message: string): RequestFault {
  return fault(400, `${message} (parameter=${param}, value=${String(value)})`, param);
}

/** A body that does not have the right form; vLLM writes this type with a space. */
export function badForm(message: string, param: string | null): RequestFault {
  const error = { message: `1 validation error:\n  ${message}`, type: "Bad Request", param, code: 400 };
  return new RequestFault(400, { error });
}
