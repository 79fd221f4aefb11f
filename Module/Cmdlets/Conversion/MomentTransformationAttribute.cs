using System.Globalization;
using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Lets a parameter take a date, or how long ago: a TimeSpan, a number of seconds, "10m".</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MomentTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>A length of time counts from now on.</summary>
    public bool Ahead { get; init; }

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        DateTimeOffset now = DateTimeOffset.UtcNow;
        return TryConvert(inputData, value, out DateTimeOffset moment)
            ? Ahead && IsLength(inputData, value) ? now + (now - moment) : moment
            : throw Conversions.Refuse(new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidTime", $"\"{Conversions.Text(inputData)}\" is no time.", inputData,
                "Give a date such as '2026-02-28 14:30', or how long ago, such as '10m'."));
    }

    private static bool IsLength(object original, object value) => value is TimeSpan
        || (value is not (DateTime or DateTimeOffset) && !Conversions.Text(original).Contains(':', StringComparison.Ordinal)
            && Durations.TryParse(Conversions.Text(original), out _));

    /// <summary>A date without a zone is local time.</summary>
    internal static bool TryConvert(object original, object value, out DateTimeOffset moment)
    {
        switch (value)
        {
            case DateTimeOffset given:
                moment = given;
                return true;
            case DateTime date:
                moment = date;
                return true;
            case TimeSpan ago:
                moment = DateTimeOffset.UtcNow - ago;
                return true;
        }

        string text = Conversions.Text(original);
        if (!text.Contains(':', StringComparison.Ordinal) && Durations.TryParse(text, out TimeSpan span))
        {
            moment = DateTimeOffset.UtcNow - span;
            return true;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out moment);
    }
}
