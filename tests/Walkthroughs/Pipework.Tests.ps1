# "Tools and Examples": what the chapter sends its readers to pipework for.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
    if (-not $obstacle) {
        Use-Docker0
    }
}

AfterAll {
    Exit-Walkthrough $walk
}

Describe 'Tools and Examples' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
        if (-not $obstacle) {
            Get-ContainerBridge br1 -ErrorAction Ignore | Remove-ContainerBridge -Force
            if ((Get-HostInterface) -contains 'lan0') {
                ip link delete lan0
            }
        }
    }

    It 'connects two containers with a bridge: pipework br1 web 192.168.1.1/24' {
        $null = New-ContainerBridge br1 192.168.1.254/24
        $null = Start-WebServer web
        $null = Start-Idle other @{ Network = 'none' }
        Add-ContainerNetworkAdapter web -Bridge br1 -IPAddress 192.168.1.1/24
        Add-ContainerNetworkAdapter other -Bridge br1 -Name lab0 -IPAddress 192.168.1.2/24 -MacAddress 02:42:c0:a8:01:02

        "$(Invoke-Inside web 'ip addr show eth1')" | Should -Match 'inet 192\.168\.1\.1/24 '
        "$(Invoke-Inside web 'ip addr show eth0')" | Should -Match 'inet 172\.17\.'
        "$(Invoke-Inside other 'ip addr show lab0')" | Should -Match 'link/ether 02:42:c0:a8:01:02 .*inet 192\.168\.1\.2/24 '
        Read-PageInside other 'http://192.168.1.1/cgi-bin/who' | Should -Match ':192\.168\.1\.2\]$'
        (Get-ContainerBridge br1).Ports.Container | Sort-Object | Should -Be 'other', 'web'
        if (Get-Command brctl -ErrorAction Ignore) {
            ((unshare --mount sh -c 'mount -t sysfs none /sys && brctl show') -join "`n") | Should -Match 'br1\s+8000\.[0-9a-f]{12}\s+no\s+veth\w+\s+veth\w+'
        }
    }

    It 'replaces the default route: 192.168.1.1/24@192.168.1.254' {
        $null = New-ContainerBridge br1 192.168.1.254/24
        $null = Start-Idle web
        Invoke-Inside web 'ip route' | Should -Contain 'default via 172.17.42.1 dev eth0 '
        Add-ContainerNetworkAdapter web -Bridge br1 -IPAddress 192.168.1.1/24 -Gateway 192.168.1.254
        Invoke-Inside web 'ip route' | Where-Object { $_ -match '^default' } | Should -Match '^default via 192\.168\.1\.254 dev eth1'
        Remove-ContainerNetworkAdapter web eth1
        Invoke-Inside web 'ip -o link' | Should -Not -Match ' eth1'
        (Get-ContainerBridge br1).Ports | Should -BeNullOrEmpty
    }

    It 'plugs one in without an address: 0/0' {
        $null = New-ContainerBridge br1 192.168.1.254/24
        $null = Start-Idle web
        Add-ContainerNetworkAdapter web -Bridge br1 -NoAddress
        "$(Invoke-Inside web 'ip addr show eth1')" | Should -Match '<[^>]*\bUP\b'
        "$(Invoke-Inside web 'ip addr show eth1')" | Should -Not -Match 'inet '
    }

    It 'gives several containers an interface of the host to share: pipework eth2 web 10.20.0.1/24' {
        # One end of the cable is the network card, at the other end the LAN has a machine.
        ip link add lan0 type veth peer name lan1
        ip link set lan0 up
        $lan = Start-WebServer lan @{ Network = 'none' }
        ip link set lan1 netns $lan.ProcessId
        nsenter --target $lan.ProcessId --net -- ip address add 10.20.0.9/24 dev lan1
        nsenter --target $lan.ProcessId --net -- ip link set lan1 up
        $null = Start-WebServer web
        $null = Start-Idle other @{ Network = 'none' }
        Add-ContainerNetworkAdapter web -Parent lan0 -IPAddress 10.20.0.1/24
        Add-ContainerNetworkAdapter other -Parent lan0 -IPAddress 10.20.0.2/24
        (Get-ContainerNetworkAdapter web | Where-Object Name -EQ eth1).Kind | Should -Be 'Macvlan'

        # With the LAN, as machines of their own there, and with each other (macvlan in bridge mode); no bridge of the host is between.
        Read-PageInside lan 'http://10.20.0.1/cgi-bin/who' | Should -Match ':10\.20\.0\.9\]$'
        Read-PageInside other 'http://10.20.0.9/cgi-bin/who' | Should -Match ':10\.20\.0\.2\]$'
        Read-PageInside other 'http://10.20.0.1/' | Should -Be 'page of web'

        # A later start makes it again.
        Restart-Container web -Timeout 0
        "$(Invoke-Inside web 'ip addr show eth1')" | Should -Match 'inet 10\.20\.0\.1/24 '
    }

    It 'wants a prefix, as pipework did' {
        $null = New-ContainerBridge br1 192.168.1.254/24
        $null = Start-Idle web
        { Add-ContainerNetworkAdapter web -Bridge br1 -IPAddress 192.168.1.1 } | Should -Throw
        Invoke-Inside web 'ip -o link' | Should -Not -Match ' eth1'
    }
}
