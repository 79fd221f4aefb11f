# Dot-sourced by every walkthrough. They repeat what the networking chapter of docker 1.2 shows, under the names of the time: the bridge is
# docker0, the chain DOCKER. Bridges and rules are made only where the whole run has a network namespace of its own.

. "$PSScriptRoot/../Pester/Initialize.ps1"

function Get-Obstacle {
    if ((id -u) -ne '0') {
        return 'this needs root'
    }

    if ($env:CONTAINERS_TEST_NETWORK -ne '1') {
        return 'CONTAINERS_TEST_NETWORK is not set: ./build.sh test runs the tests in a network namespace'
    }

    if ((readlink /proc/self/ns/net) -eq (readlink /proc/1/ns/net)) {
        return "this is the machine's own network namespace"
    }

    foreach ($program in 'busybox', 'ip', 'iptables', 'nsenter', 'unshare') {
        if (-not (Get-Command $program -CommandType Application -ErrorAction Ignore)) {
            return "this needs $program"
        }
    }
}

$obstacle = Get-Obstacle

function Assert-Host {
    if ($obstacle) {
        Set-ItResult -Skipped -Because $obstacle
    }
}

function Get-HostInterface {
    ip -brief link | ForEach-Object { ($_ -split '[\s@]')[0] }
}

# Roots of the walkthrough's own, and an image with busybox. Returns what to hand to Exit-Walkthrough.
function Enter-Walkthrough {
    if ($obstacle) {
        return
    }

    $walk = New-TestRoot
    $walk.Interfaces = @(Get-HostInterface)
    Import-Module (Join-Path $moduleFolder 'Containers.psd1')
    $null = New-ContainerImage base -Program busybox
    $walk
}

# The bridge and the chains under the names of the time.
function Use-Docker0 {
    $null = New-ContainerBridge docker0 172.17.42.1/16
    Set-ContainerHost -BridgeName docker0 -ChainPrefix DOCKER
}

# Fails when the engine leaves an interface or a rule behind.
function Exit-Walkthrough([hashtable] $Walk) {
    if (-not $Walk) {
        return
    }

    try {
        Get-Container | Remove-Container -Force
        Set-ContainerHost -BridgeName $null -ChainPrefix $null
        Get-ContainerBridge | Where-Object Managed | Remove-ContainerBridge -Force
        $rules = @(iptables-save | Where-Object { $_ -match '^:(DOCKER|CONTAINERS)|^-A' })
        $interfaces = @(Get-HostInterface | Where-Object { $_ -notin $Walk.Interfaces })
    }
    finally {
        Remove-TestRoot $Walk
    }

    if ($rules -or $interfaces) {
        throw "Left behind: $(($interfaces + $rules) -join '; ')"
    }
}

function Remove-EveryContainer {
    if (-not $obstacle) {
        Get-Container | Remove-Container -Force
        # The kernel takes the interfaces of a namespace away a moment after its last process.
        if (-not (Wait-Until { -not (ip -brief link show type veth) })) {
            throw "Left behind: $(ip -brief link show type veth)"
        }
    }
}

function Wait-Until([scriptblock] $Condition, [int] $Seconds = 10) {
    $until = [datetime]::UtcNow.AddSeconds($Seconds)
    while (-not (& $Condition) -and [datetime]::UtcNow -lt $until) {
        Start-Sleep -Milliseconds 20
    }

    [bool] (& $Condition)
}

# A container whose shell is left idle and running.
function Start-Idle([string] $Name, [hashtable] $Parameter = @{}) {
    Invoke-ContainerImage base -Name $Name -Detach @Parameter -Command sleep, 1000
}

# A container with a web server on port 80 whose page /cgi-bin/who says from which address it is asked: [::ffff:172.17.0.3].
function Start-WebServer([string] $Name, [hashtable] $Parameter = @{}) {
    $script = 'mkdir -p /www/cgi-bin; echo "page of $0" > /www/index.html
printf "#!/bin/sh\nprintf \"Content-Type: text/plain\\\\n\\\\n\$REMOTE_ADDR\"\n" > /www/cgi-bin/who
chmod 755 /www/cgi-bin/who
exec httpd -f -p 80 -h /www'
    $container = Invoke-ContainerImage base -Name $Name -Detach @Parameter -Command sh, -c, $script, $Name
    if (-not (Wait-Until { (Get-Content "/proc/$($container.ProcessId)/net/tcp", "/proc/$($container.ProcessId)/net/tcp6") -match ':0050 .* 0A ' })) {
        throw "The web server of '$Name' does not listen."
    }

    $container
}

# Runs a shell line in the namespaces of a running container, with no variable of the test's. Returns its lines, those of standard error too.
function Invoke-Inside([string] $Name, [string] $Line) {
    $target = (Get-Container $Name).ProcessId
    nsenter --target $target --mount --net --uts --pid -- /bin/busybox env -i PATH=/bin:/sbin:/usr/bin:/usr/sbin sh -c $Line 2>&1 |
        ForEach-Object ToString
}

# Whether a container reaches an address: one echo request, one second.
function Test-Ping([string] $Name, [string] $Address) {
    "$(Invoke-Inside $Name "ping -c 1 -W 1 $Address")" -match ' 0% packet loss'
}

function Set-Forwarding([int] $Value) {
    sh -c 'echo "$0" > /proc/sys/net/ipv4/ip_forward' $Value
}

# A page as the host gets it; an error when nothing answers.
function Read-Page([string] $Url) {
    (Invoke-WebRequest $Url -NoProxy -TimeoutSec 3).Content.Trim()
}

# A page as a container gets it; $null when nothing answers.
function Read-PageInside([string] $Name, [string] $Url) {
    # Not with its own -T: Debian's busybox 1.35 crashes on it.
    $lines = Invoke-Inside $Name "timeout 2 wget -q -O - $Url || echo failed"
    if ($lines -notcontains 'failed') {
        $lines -join "`n"
    }
}

# A machine in the wider world, 203.0.113.9, on a cable to this host, which is 203.0.113.1 there. It knows no way to the containers.
function Start-World {
    $world = Start-WebServer world @{ Network = 'none' }
    ip link add wan0 type veth peer name wan1
    ip address add 203.0.113.1/24 dev wan0
    ip link set wan0 up
    ip link set wan1 netns $world.ProcessId
    nsenter --target $world.ProcessId --net -- ip address add 203.0.113.9/24 dev wan1
    nsenter --target $world.ProcessId --net -- ip link set wan1 up
    $world
}
