namespace Containers.Engine.Registry.Auth;

/// <summary>One challenge of a WWW-Authenticate header (RFC 9110, section 11.6.1): scheme and parameters.</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    internal string? this[string name] => Parameters.GetValueOrDefault(name);

    internal bool Is(string scheme) => Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>All challenges of a header; what is malformed ends the list.</summary>
    internal static IReadOnlyList<Challenge> Parse(string header)
    {
        List<Challenge> all = [];
        Reader reader = new(header);
        Dictionary<string, string>? parameters = null;
        while (true)
        {
            reader.SkipSeparators();
            string name = reader.Token();
            if (name.Length == 0 || all.Count == 8)
            {
                return all;
            }

            bool spaced = reader.SkipSpaces();
            if (parameters is not null && reader.Take('='))
            {
                reader.SkipSpaces();
                if (reader.Value() is not { } value)
                {
                    return all;
                }

                parameters.TryAdd(name, value);
                continue;
            }

            // A scheme. Credentials of the token68 form ("NTLM TlR...=") are of no scheme that is known here, and skipped.
            parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            all.Add(new Challenge(name, parameters));
            if (spaced)
            {
                reader.SkipToken68();
            }
        }
    }

    private ref struct Reader(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        internal void SkipSeparators() => _rest = _rest.TrimStart(" \t,");

        internal bool SkipSpaces()
        {
            int before = _rest.Length;
            _rest = _rest.TrimStart(" \t");
            return _rest.Length < before;
        }

        internal bool Take(char c)
        {
            if (_rest.Length == 0 || _rest[0] != c)
            {
                return false;
            }

            _rest = _rest[1..];
            return true;
        }

        internal string Token()
        {
            int length = 0;
            while (length < _rest.Length && (char.IsAsciiLetterOrDigit(_rest[length]) || "!#$%&'*+-.^_`|~".Contains(_rest[length])))
            {
                length++;
            }

            string token = _rest[..length].ToString();
            _rest = _rest[length..];
            return token;
        }

        internal string? Value()
        {
            if (!Take('"'))
            {
                return Token() is { Length: > 0 } token ? token : null;
            }

            System.Text.StringBuilder value = new();
            for (int i = 0; i < _rest.Length; i++)
            {
                char c = _rest[i];
                if (c == '"')
                {
                    _rest = _rest[(i + 1)..];
                    return value.ToString();
                }

                if (c == '\\' && ++i == _rest.Length)
                {
                    return null;
                }

                value.Append(_rest[i]);
            }

            return null;
        }

        internal void SkipToken68()
        {
            int end = _rest.IndexOf(',');
            ReadOnlySpan<char> first = (end < 0 ? _rest : _rest[..end]).Trim();
            int padding = first.IndexOf('=');
            bool isToken68 = first.Length > 0 && first.IndexOfAny(' ', '"') < 0 && (padding < 0 || first[padding..].Trim('=').IsEmpty);
            if (isToken68)
            {
                _rest = end < 0 ? [] : _rest[end..];
            }
        }
    }
}
